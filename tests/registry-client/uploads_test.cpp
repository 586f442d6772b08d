#include "registry-client/uploads.h"

#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/expect_error.h"
#include "tests/fakes/registry.h"
#include "tests/registry-client/client_fixture.h"

namespace stamp::registry {
namespace {

using fakes::FakeRegistry;
using fakes::HttpReply;
using fakes::HttpRequest;

/// Made when a test needs it: most of them run in a process of their own and do not.
const std::string& large() {
  static const std::string made = some_bytes(6'000'000);
  return made;
}

/// The methods of the requests so far, with the bytes of their bodies.
std::vector<std::string> methods(FakeRegistry& server) {
  std::vector<std::string> out;
  for (const HttpRequest& request : server.requests()) {
    out.push_back(request.body_size > 0 ? fmt::format("{} {}", request.method, request.body_size)
                                        : request.method);
  }
  return out;
}

using Methods = std::vector<std::string>;

struct Case {
  explicit Case(std::string bytes, fakes::RegistryOptions options = {}, HostSettings settings = {})
      : server(options),
        blob(std::move(bytes)),
        fixture({.hosts = {{server.host(), std::move(settings)}}}) {}

  BlobPushed push(std::vector<std::string> mount_from = {}) {
    return fixture.at(server.host(), "app").push_blob(blob.push(std::move(mount_from)));
  }
  void expect_stored() { EXPECT_EQ(server.repository("app").blobs[blob.digest.str()], blob.bytes); }

  FakeRegistry server;
  MemoryBlob blob;
  ClientFixture fixture;
};

TEST(Uploads, ASmallBlobGoesInOneRequest) {
  Case test("small");
  const BlobPushed pushed = test.push();
  EXPECT_EQ(pushed.outcome, BlobOutcome::uploaded);
  EXPECT_EQ(pushed.bytes_sent, 5U);
  test.expect_stored();
  EXPECT_EQ(methods(test.server), (Methods{"HEAD", "POST", "PUT 5"}));
}

TEST(Uploads, ThatBreakOffAfterOneByteStartAnew) {
  // The registry's "0-0" may mean nothing or one byte.
  Case test(large());
  test.server.add({.method = "PATCH", .take = 1});
  test.push();
  test.expect_stored();
  EXPECT_EQ(methods(test.server), (Methods{"HEAD", "POST", "PATCH 1", "GET", "PATCH 6000000", "GET",
                                           "PATCH 6000000", "POST", "PATCH 6000000", "PUT"}));
}

TEST(Uploads, WhatIsKnownToBeAbsentIsNotAskedFor) {
  Case test("small");
  BlobPush push = test.blob.push();
  push.known_absent = true;
  test.fixture.at(test.server.host(), "app").push_blob(push);
  test.expect_stored();
  EXPECT_EQ(methods(test.server), (Methods{"POST", "PUT 5"}));
}

TEST(Uploads, AnEmptyBlobIsOne) {
  Case test("");
  EXPECT_EQ(test.push().outcome, BlobOutcome::uploaded);
  test.expect_stored();
}

TEST(Uploads, ALargeBlobIsSentAndThenCompleted) {
  Case test(large());
  EXPECT_EQ(test.push().bytes_sent, large().size());
  test.expect_stored();
  EXPECT_EQ(methods(test.server), (Methods{"HEAD", "POST", "PATCH 6000000", "PUT"}));
}

TEST(Uploads, WhatIsThereIsNotSent) {
  Case test("there");
  test.server.put_blob("app", "there");
  const BlobPushed pushed = test.push();
  EXPECT_EQ(pushed.outcome, BlobOutcome::present);
  EXPECT_EQ(pushed.bytes_sent, 0U);
  EXPECT_EQ(methods(test.server), (Methods{"HEAD"}));
}

TEST(Uploads, WhatAnotherRepositoryHasIsMounted) {
  Case test("there");
  test.server.put_blob("base", "there");
  EXPECT_EQ(test.push({"base"}).outcome, BlobOutcome::mounted);
  test.expect_stored();
  EXPECT_EQ(methods(test.server), (Methods{"POST"}));
}

TEST(Uploads, AMountThatIsAnUploadIsUsedAsOne) {
  Case test("elsewhere");
  EXPECT_EQ(test.push({"base"}).outcome, BlobOutcome::uploaded);
  test.expect_stored();
  EXPECT_EQ(methods(test.server), (Methods{"POST", "PUT 9"}));
}

TEST(Uploads, WithoutBytesOnlyWhatCostsNothingIsDone) {
  Case test("elsewhere");
  BlobPush push = test.blob.push();
  push.open = {};
  const Repository app = test.fixture.at(test.server.host(), "app");
  EXPECT_EQ(app.push_blob(push).outcome, BlobOutcome::absent);
  EXPECT_EQ(methods(test.server), (Methods{"HEAD"}));
  push.mount_from = {"base"};
  EXPECT_EQ(app.push_blob(push).outcome, BlobOutcome::absent);
  EXPECT_EQ(test.server.open_uploads(), 0U) << "what a mount began instead is cancelled";
  test.server.put_blob("base", "elsewhere");
  EXPECT_EQ(app.push_blob(push).outcome, BlobOutcome::mounted);
  EXPECT_EQ(app.push_blob(push).outcome, BlobOutcome::mounted);
}

TEST(Uploads, ARefusedMountIsAnUpload) {
  for (const int status : {400, 401, 403, 404, 405}) {
    Case test("elsewhere");
    test.server.add(
        {.method = "POST", .path = "mount=", .times = 0, .instead = fakes::reply_with(status)});
    EXPECT_EQ(test.push({"base"}).outcome, BlobOutcome::uploaded) << status;
    test.expect_stored();
  }
  Case test("elsewhere");
  test.server.add({.method = "POST", .path = "mount=", .instead = fakes::reply_with(202)});
  EXPECT_EQ(test.push({"base"}).outcome, BlobOutcome::uploaded);
  test.expect_stored();
}

TEST(Uploads, ChunksHaveTheSizeThatIsAskedFor) {
  Case test(large(), {}, {.chunk_size = 2'500'000});
  test.push();
  test.expect_stored();
  EXPECT_EQ(methods(test.server),
            (Methods{"HEAD", "POST", "PATCH 2500000", "PATCH 2500000", "PATCH 1000000", "PUT"}));
  EXPECT_EQ(test.server.requests().at(3).field("content-range"), "2500000-4999999");
}

TEST(Uploads, ChunksHaveTheSizeThatTheRegistryAsksFor) {
  Case test(large(), {.smallest_chunk = 5'000'000}, {.chunk_size = 1000});
  test.push();
  test.expect_stored();
  EXPECT_EQ(methods(test.server),
            (Methods{"HEAD", "POST", "PATCH 5000000", "PATCH 1000000", "PUT"}));
}

TEST(Uploads, ContinueWhereTheRegistrySays) {
  Case test(large());
  test.server.add({.method = "PATCH", .take = 4'000'000});
  const BlobPushed pushed = test.push();
  test.expect_stored();
  EXPECT_LE(pushed.bytes_sent, large().size() * 3 / 2);
  const HttpRequest last_patch = test.server.requests().at(4);
  EXPECT_EQ(test.server.requests().at(3).method, "GET");
  EXPECT_EQ(last_patch.method, "PATCH");
  EXPECT_EQ(last_patch.field("content-range"), "4000000-5999999");
}

TEST(Uploads, AnUploadThatIsForgottenStartsAnew) {
  Case test(large());
  test.server.add(
      {.method = "PATCH",
       .instead = fakes::reply_with(404, {}, R"({"errors":[{"code":"BLOB_UPLOAD_UNKNOWN"}]})")});
  test.push();
  test.expect_stored();
  EXPECT_EQ(methods(test.server),
            (Methods{"HEAD", "POST", "PATCH 6000000", "POST", "PATCH 6000000", "PUT"}));
}

TEST(Uploads, ARegistryWithoutPatchGetsAllAtOnce) {
  Case test(large());
  test.server.add({.method = "PATCH", .times = 0, .instead = fakes::reply_with(405)});
  test.push();
  test.expect_stored();
}

TEST(Uploads, EveryVerbIsTriedAgain) {
  const std::vector<std::pair<const char*, int>> faults = {
      {"HEAD", 408},  {"HEAD", 504},  {"POST", 429}, {"POST", 500},
      {"PATCH", 502}, {"PATCH", 503}, {"PUT", 500},  {"PUT", 504}};
  for (const auto& [method, status] : faults) {
    Case test(std::string(4'500'000, 'x'));
    test.server.add({.method = method, .times = 4, .instead = fakes::reply_with(status)});
    EXPECT_EQ(test.push().outcome, BlobOutcome::uploaded) << method << status;
    test.expect_stored();
  }
}

TEST(Uploads, AnAnswerThatWasLostIsFoundOut) {
  Case test("small");
  test.server.add({.method = "PUT", .change = [](HttpReply& reply) { reply.none = true; }});
  EXPECT_EQ(test.push().outcome, BlobOutcome::uploaded);
  EXPECT_EQ(methods(test.server), (Methods{"HEAD", "POST", "PUT 5", "HEAD"}));
}

TEST(Uploads, TooLargeABodyIsSentInPieces) {
  Case test(std::string(17'000'000, 'x'));
  test.server.add({.method = "PATCH", .instead = fakes::reply_with(413)});
  test.push();
  test.expect_stored();
  EXPECT_EQ(methods(test.server).at(4), "PATCH 16777216");
}

TEST(Uploads, WhatIsTooLargeInAnyCaseIsAnError) {
  Case test("small");
  test.server.add({.method = "PUT", .times = 0, .instead = fakes::reply_with(413)});
  const std::string message = message_of([&] { test.push(); });
  EXPECT_EQ(message.substr(0, message.find('\n')),
            fmt::format("stamp: error: cannot push blob '{}' to {}/app: status 413",
                        test.blob.digest.brief(), test.server.host()));
  EXPECT_NE(message.find("  try: raise the limit of the registry or of a proxy before it (the blob "
                         "has 5 bytes), or set a chunk size for it\n"),
            std::string::npos);
  EXPECT_EQ(test.server.open_uploads(), 0U);
}

TEST(Uploads, TheLocationIsUsedAsItIs) {
  Case test("small");
  test.server.add({.method = "POST", .change = [](HttpReply& reply) {
                     for (auto& [name, value] : reply.fields) {
                       if (name == "location") value += "?_state=a%2Fb&x=1#fragment";
                     }
                   }});
  test.push();
  const std::string target = test.server.requests().at(2).target;
  EXPECT_TRUE(target.ends_with("?_state=a%2Fb&x=1&digest=sha256%3A" + test.blob.digest.hex()))
      << target;
}

TEST(Uploads, ALocationThatIsMissingIsAnError) {
  Case test("small");
  test.server.add({.method = "POST", .times = 0, .instead = fakes::reply_with(202)});
  EXPECT_EQ(message_of([&] { test.push(); }),
            fmt::format("stamp: error: cannot push blob '{}' to {}/app: the registry did not say "
                        "where to\n",
                        test.blob.digest.brief(), test.server.host()));
}

TEST(Uploads, WrongBytesAreNotHidden) {
  Case test("small");
  test.server.add(
      {.method = "PUT",
       .times = 0,
       .instead = fakes::reply_with(400, {}, R"({"errors":[{"code":"DIGEST_INVALID"}]})")});
  EXPECT_EQ(kind_of([&] { test.push(); }), ErrorKind::corrupt);
}

TEST(Uploads, WhatTheSourceThrowsIsNotTriedAgain) {
  Case test("small");
  BlobPush push = test.blob.push();
  push.open = [](std::uint64_t) -> std::unique_ptr<Source> {
    throw Error(ErrorKind::network, "cannot read 'x': gone");
  };
  EXPECT_EQ(kind_of([&] {
              static_cast<void>(test.fixture.at(test.server.host(), "app").push_blob(push));
            }),
            ErrorKind::network);
  EXPECT_LE(methods(test.server).size(), 3U);  // the head of the PUT may have arrived
}

}  // namespace
}  // namespace stamp::registry
