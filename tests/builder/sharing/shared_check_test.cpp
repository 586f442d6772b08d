#include "builder/sharing/shared_check.h"

#include <string>

#include <gtest/gtest.h>

#include "base/json.h"
#include "tests/expect_error.h"

namespace stamp::build {
namespace {

using Kind = SharedStep::Kind;

cache::Output output(const std::string& name, std::uint64_t size = 3) {
  return {name, {Digest::of(name), size}};
}

Json note_of_layer() {
  return {{"digest", Digest::of("layer").hex()},
          {"diff_id", Digest::of("tar").hex()},
          {"size", 6},
          {"uncompressed_size", 20},
          {"media_type", "application/vnd.oci.image.layer.v1.tar+gzip"},
          {"pieces", Json::array({Json::array({"app 1 (amd64)", 10}), Json::array({"end", 10})})},
          {"unconfigured", Json::array()}};
}

cache::Result layer(const Json& note = note_of_layer()) {
  return {{output("folders"), output("piece"), output("list"), output("piece")},
          canonical_json(note)};
}

cache::Result segment() {
  return {{output("segment"), output("list"), output("package")},
          canonical_json({{"uncompressed_size", 7},
                          {"newest_mtime", 0},
                          {"head", {Digest::of("head").hex(), 4}}})};
}

cache::Result image() {
  return {{output("manifest"), output("config")},
          canonical_json({{"platform", "linux/amd64"},
                          {"layers", Json::array()},
                          {"unconfigured", Json::array()}})};
}

/// Why a result is refused; empty: it is not.
std::string refusal(Kind kind, const cache::Result& result) {
  const std::string message = message_of([&] { check_result(kind, result); });
  if (message.empty()) return message;
  EXPECT_EQ(kind_of([&] { check_result(kind, result); }), ErrorKind::corrupt);
  const std::string begin = "stamp: error: ";
  return message.substr(begin.size(), message.find('\n') - begin.size());
}

TEST(SharedCheck, WhatStepsGiveIsFine) {
  EXPECT_EQ(refusal(Kind::layer, layer()), "");
  EXPECT_EQ(refusal(Kind::segment, segment()), "");
  EXPECT_EQ(refusal(Kind::image, image()), "");
}

TEST(SharedCheck, WhatAStepOfAnotherKindGivesIsRefused) {
  EXPECT_EQ(refusal(Kind::layer, segment()), "its outputs are not those of a layer");
  EXPECT_EQ(refusal(Kind::segment, image()), "its outputs are not those of a segment");
  EXPECT_EQ(refusal(Kind::image, layer()), "its outputs are not those of an image");
}

TEST(SharedCheck, ANoteThatIsNotCanonicalIsRefused) {
  for (const Kind kind : {Kind::layer, Kind::segment, Kind::image}) {
    cache::Result result = kind == Kind::layer     ? layer()
                           : kind == Kind::segment ? segment()
                                                   : image();
    result.note += " ";
    EXPECT_EQ(refusal(kind, result), "its note is not canonical JSON");
    result.note = R"({"size":1.5})";
    EXPECT_EQ(refusal(kind, result), "its note is not canonical JSON");
    result.note = "";
    EXPECT_EQ(refusal(kind, result), "not valid JSON: error at byte 1");
    result.note = "[]";
    EXPECT_EQ(refusal(kind, result), "its note lacks something, or has something of another type");
  }
}

TEST(SharedCheck, ALayersNoteIsReadToItsEnd) {
  for (const char* member : {"digest", "diff_id", "size", "media_type", "pieces", "unconfigured"}) {
    Json note = note_of_layer();
    note.erase(member);
    EXPECT_EQ(refusal(Kind::layer, layer(note)),
              "its note lacks something, or has something of another type")
        << member;
  }
  Json few = note_of_layer();
  few["pieces"].erase(0);
  EXPECT_EQ(refusal(Kind::layer, layer(few)),
            "its note lacks something, or has something of another type");
  Json type = note_of_layer();
  type["media_type"] = "text/plain";
  EXPECT_EQ(refusal(Kind::layer, layer(type)), "a layer of type 'text/plain' cannot be read");
  Json size = note_of_layer();
  size["size"] = 7;
  EXPECT_EQ(refusal(Kind::layer, layer(size)), "its pieces have 6 bytes, and its note says 7");
}

TEST(SharedCheck, OutputsOfALayerHaveAnOrder) {
  cache::Result list_first = layer();
  list_first.outputs = {output("folders"), output("list")};
  cache::Result two_lists = layer();
  two_lists.outputs.insert(two_lists.outputs.begin() + 2, output("list"));
  cache::Result no_folders = layer();
  no_folders.outputs.erase(no_folders.outputs.begin());
  cache::Result nothing = layer();
  nothing.outputs.clear();
  for (const cache::Result& result : {list_first, two_lists, no_folders, nothing}) {
    EXPECT_EQ(refusal(Kind::layer, result), "its outputs are not those of a layer");
  }
}

}  // namespace
}  // namespace stamp::build
