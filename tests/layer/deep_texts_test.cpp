#include "layer/deep_texts.h"

#include <gtest/gtest.h>

namespace stamp::layer {
namespace {

DeepTexts found_in(std::string_view file, std::uint64_t offset, std::size_t piece) {
  DeepTexts texts;
  texts.clear();
  for (std::size_t at = 0; at < file.size(); at += piece) {
    texts.feed(as_bytes(file.substr(at, piece)), offset + at);
  }
  return texts;
}

TEST(DeepTexts, KeepsLibrariesAndPathsHoweverTheyAreCut) {
  constexpr std::string_view kFile("xx\0symbol\0liba.so.1\0/run\0$ORIGIN\0\x01.so\0libb.so", 45);
  for (std::size_t piece = 1; piece < 60; ++piece) {
    const DeepTexts texts = found_in(kFile, 1000, piece);
    EXPECT_EQ(texts.at(1000), std::nullopt) << piece;
    EXPECT_EQ(texts.at(1003), std::nullopt) << piece;
    EXPECT_EQ(texts.at(1010), "liba.so.1") << piece;
    EXPECT_EQ(texts.at(1013), "a.so.1") << "an offset may point into a text";
    EXPECT_EQ(texts.at(1019), std::nullopt) << "an empty text is none";
    EXPECT_EQ(texts.at(1020), "/run") << piece;
    EXPECT_EQ(texts.at(1025), "$ORIGIN") << piece;
    EXPECT_EQ(texts.at(1034), std::nullopt) << "bytes that are no text";
    EXPECT_EQ(texts.at(1038), std::nullopt) << "a text that does not end";
    EXPECT_EQ(texts.at(5000), std::nullopt) << piece;
  }
}

TEST(DeepTexts, IsBounded) {
  std::string file(1, '\0');
  const auto add = [&](const std::string& text) {
    const std::size_t at = file.size();
    file += text + std::string(1, '\0');
    return at;
  };
  const std::size_t longest = add(std::string(1021, 'a') + ".so");
  const std::size_t too_long = add(std::string(1022, 'a') + ".so");
  const std::size_t next = add("libnext.so");
  for (int i = 0; i < 2000; ++i) add("/x");
  const std::size_t late = add("liblate.so");
  for (const std::size_t piece : {1U, 100U, 100'000U}) {
    const DeepTexts texts = found_in(file, 0, piece);
    EXPECT_EQ(texts.at(longest), std::string(1021, 'a') + ".so");
    EXPECT_EQ(texts.at(too_long), std::nullopt);
    EXPECT_EQ(texts.at(next), "libnext.so");
    EXPECT_EQ(texts.at(late), std::nullopt);
  }
}

TEST(DeepTexts, StartsAnewWithEachFile) {
  DeepTexts texts = found_in(std::string_view("liba.so\0lib", 11), 0, 100);
  texts.clear();
  EXPECT_EQ(texts.at(0), std::nullopt);
  texts.feed(as_bytes(std::string_view("b.so\0", 5)), 50);
  EXPECT_EQ(texts.at(50), "b.so");
}

}  // namespace
}  // namespace stamp::layer
