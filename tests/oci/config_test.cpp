#include "oci/config.h"

#include "oci/document.h"
#include "tests/expect_error.h"

namespace stamp::oci {
namespace {

constexpr std::string_view kGolden =
    R"({"architecture":"arm","author":"me","config":{"Cmd":["-x"],"Entrypoint":["/bin/app"],)"
    R"("Env":["PATH=/bin","A=b"],"ExposedPorts":{"80/tcp":{}},"Healthcheck":{"Interval":30},)"
    R"("Labels":{"l":"m"},"StopSignal":"SIGINT","User":"1000:1000","Volumes":{"/data":{}},)"
    R"("WorkingDir":"/srv"},"created":"2026-11-20T00:00:00Z","history":[{"created":)"
    R"("2026-11-20T00:00:00Z","created_by":"stamp"},{"comment":"c","empty_layer":true}],)"
    R"("os":"linux","rootfs":{"diff_ids":["sha256:)"
    R"(e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],"type":"layers"},)"
    R"("variant":"v7"})";

ImageConfig example() {
  ImageConfig config;
  config.created = "2026-11-20T00:00:00Z";
  config.author = "me";
  config.platform = Platform::parse("linux/arm/v7");
  config.config.user = "1000:1000";
  config.config.exposed_ports = {"80/tcp"};
  config.config.env = {"PATH=/bin", "A=b"};
  config.config.entrypoint = {{"/bin/app"}};
  config.config.cmd = {{"-x"}};
  config.config.volumes = {"/data"};
  config.config.working_dir = "/srv";
  config.config.labels["l"] = "m";
  config.config.stop_signal = "SIGINT";
  config.config.other["Healthcheck"] = R"({"Interval":30})";
  config.diff_ids = {Digest::of("")};
  config.history = {{.created = "2026-11-20T00:00:00Z", .created_by = "stamp"},
                    {.comment = "c", .empty_layer = true}};
  return config;
}

std::string message_for(std::string_view text) {
  return message_of([&] { ImageConfig::parse(text); });
}

TEST(ImageConfig, SerializesToTheseBytes) {
  EXPECT_EQ(example().serialize(), kGolden);
}

TEST(ImageConfig, ParsesWhatItSerialized) {
  EXPECT_EQ(ImageConfig::parse(kGolden), example());
}

TEST(ImageConfig, AbsentMembersAreLeftOut) {
  ImageConfig config;
  config.platform = Platform::parse("amd64");
  EXPECT_EQ(config.serialize(), R"({"architecture":"amd64","config":{},"os":"linux",)"
                                R"("rootfs":{"diff_ids":[],"type":"layers"}})");
  EXPECT_EQ(ImageConfig::parse(config.serialize()), config);
}

TEST(ImageConfig, AnEmptyEntrypointIsNotAnAbsentOne) {
  ImageConfig config = example();
  config.config.entrypoint = std::vector<std::string>();
  EXPECT_EQ(ImageConfig::parse(config.serialize()), config);
}

TEST(ImageConfig, NullMembersCountAsAbsent) {  // as Docker writes them
  const ImageConfig config = ImageConfig::parse(
      R"({"architecture":"amd64","os":"linux","config":{"Cmd":null,"Volumes":null,"OnBuild":null,)"
      R"("Labels":null,"Env":null},"history":null,"rootfs":{"type":"layers","diff_ids":[]}})");
  EXPECT_EQ(config.config, RunConfig());
}

// image-spec 1.1 config.md, "Properties"
TEST(ImageConfig, PropertiesArchitectureOsAndRootfsAreRequired) {
  EXPECT_EQ(message_for("{}"), "stamp: error: cannot read the config: 'os' is missing\n");
  EXPECT_EQ(message_for(R"({"os":"linux"})"),
            "stamp: error: cannot read the config: 'architecture' is missing\n");
  EXPECT_EQ(message_for(R"({"os":"linux","architecture":"amd64"})"),
            "stamp: error: cannot read the config: 'rootfs' is missing\n");
}

TEST(ImageConfig, PropertyRootfsTypeMustBeLayers) {
  EXPECT_EQ(message_for(R"({"os":"linux","architecture":"amd64","rootfs":{"type":"x"}})"),
            "stamp: error: cannot read the config: rootfs.type: it must be 'layers'\n");
}

TEST(ImageConfig, PropertyDiffIdsMustBeDigests) {
  EXPECT_EQ(message_for(R"({"os":"linux","architecture":"amd64",)"
                        R"("rootfs":{"type":"layers","diff_ids":["sha256:x"]}})"),
            "stamp: error: 'x' is not a SHA-256 of 64 lower-case hexadecimal digits\n"
            "  while reading 'rootfs.diff_ids[0]' of the config\n");
}

TEST(ImageConfig, WrongTypesAreNamedWithTheirPath) {
  const std::string head =
      R"({"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[]},)";
  const std::string error = "stamp: error: cannot read the config: ";
  EXPECT_EQ(message_for(head + R"("config":{"Env":["A=b",1]}})"),
            error + "config.Env[1]: it must be a text\n");
  EXPECT_EQ(message_for(head + R"("config":{"Cmd":"sh"}})"),
            error + "config.Cmd: it must be a list\n");
  EXPECT_EQ(message_for(head + R"("config":{"Volumes":["/x"]}})"),
            error + "config.Volumes: it must be an object\n");
  EXPECT_EQ(message_for(head + R"("history":[{"empty_layer":"yes"}]})"),
            error + "history[0].empty_layer: it must be true or false\n");
  EXPECT_EQ(message_for(head + R"("config":{"Healthcheck":{"Interval":1.5}}})"),
            error + "config.Healthcheck: it holds a floating-point number\n");
}

TEST(Document, OfAConfigHasItsDigest) {
  EXPECT_EQ(Document<ImageConfig>::of(example()).digest(), Digest::of(kGolden));
}

}  // namespace
}  // namespace stamp::oci
