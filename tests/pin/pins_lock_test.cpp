#include "pin/pins_lock.h"

#include <string>

#include <gtest/gtest.h>

#include "base/error.h"

namespace stamp::pin {
namespace {

std::string problem_of(const std::string& text) {
  try {
    static_cast<void>(parse_pins_lock("pins.lock", text));
  } catch (const Error& error) {
    return error.headline();
  }
  return "";
}

TEST(PinsLock, HasALineForEachImage) {
  PinsLock lock;
  EXPECT_EQ(serialize(lock), "{\n  \"format\": 1,\n  \"images\": []\n}\n");
  EXPECT_EQ(parse_pins_lock("pins.lock", serialize(lock)), lock);
  lock.images.emplace("quay.io/a/b:1", Digest::of("one"));
  lock.images.emplace("docker.io/library/debian:12", Digest::of("two"));
  EXPECT_EQ(serialize(lock),
            "{\n  \"format\": 1,\n  \"images\": [\n"
            "    {\"image\": \"docker.io/library/debian:12\", \"digest\": \"" +
                Digest::of("two").str() +
                "\"},\n"
                "    {\"image\": \"quay.io/a/b:1\", \"digest\": \"" +
                Digest::of("one").str() + "\"}\n  ]\n}\n");
  EXPECT_EQ(parse_pins_lock("pins.lock", serialize(lock)), lock);
}

TEST(PinsLock, RefusesWhatIsNotAsStampWroteIt) {
  EXPECT_EQ(problem_of("{}"), "cannot read 'pins.lock': it is no list of images");
  EXPECT_EQ(problem_of("{\"format\": 2, \"images\": []}"),
            "cannot read 'pins.lock': it has format 2, this program reads 1");
  EXPECT_EQ(problem_of("{\"format\": 1, \"images\": [1]}"),
            "cannot read 'pins.lock': an image is no object");
  EXPECT_EQ(problem_of("{\"format\": 1, \"images\": [{\"image\": \"a\"}]}"),
            "cannot read 'pins.lock': an image has no 'digest'");
  EXPECT_EQ(problem_of("{\"format\": 1, \"images\": []}"),
            "cannot read 'pins.lock': it is not as stamp wrote it");
  EXPECT_NE(problem_of("<<<<<<< ours\n"), "");
}

}  // namespace
}  // namespace stamp::pin
