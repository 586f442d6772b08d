#include <string>

#include <gtest/gtest.h>

#include "pin/find.h"
#include "tests/pin/found_text.h"

namespace stamp::pin {
namespace {

std::string found_in(const std::string& text) {
  return found_text(text, find_in_unit({"web.container", text}));
}

TEST(FindInUnit, TheImageOfAContainerIsFoundWithItsBytes) {
  EXPECT_EQ(found_in("\xEF\xBB\xBF[Unit]\r\n"
                     "Image=registry.example/home/no:1\r\n"
                     "\r\n"
                     "# Image=registry.example/home/no:2\r\n"
                     "; Image=registry.example/home/no:3\r\n"
                     "[Container]\r\n"
                     "  Image = registry.example/home/web:1  \r\n"
                     "Exec=--image=registry.example/home/no:4\r\n"
                     "ContainerName=web\r\n"),
            "Quadlet Container.Image = registry.example/home/web:1 "
            "whole<registry.example/home/web:1>\n");
}

TEST(FindInUnit, ImagesAndVolumesHaveOneToo) {
  EXPECT_EQ(found_in("[Image]\nImage=docker://registry.example/home/web:1\n"
                     "[Volume]\nImage=nginx\n[Build]\nImage=x/y\nImageTag=x/y\n"
                     "[Pod]\nImage=x/y"),
            "Quadlet Image.Image = registry.example/home/web:1 "
            "whole<docker://registry.example/home/web:1> before 9\n"
            "Quadlet Volume.Image = docker.io/library/nginx whole<nginx>\n");
}

TEST(FindInUnit, NamesOfOtherUnitsAndTextThatIsNoReferenceAreNone) {
  EXPECT_EQ(found_in("[Container]\nImage=web.image\nImage=web.build\nImage=\nImage=a b\nImage\n"),
            "");
}

TEST(FindInUnit, SpecifiersAreTemplates) {
  EXPECT_EQ(found_in("[Container]\nImage=registry.example/home/web:%i\n"),
            "Container.Image: a template at registry.exa\n");
}

TEST(FindInUnit, LinesGoOnBehindABackslash) {
  EXPECT_EQ(found_in("[Container]\n"
                     "Image=\\\n"
                     "# a comment\n"
                     "  registry.example/home/web:1 \\\n"
                     "\n"
                     "Exec=sh -c \\\n"
                     "Image=registry.example/home/no:1\n"
                     "Image=registry.example/\\\n"
                     "home/no:2\n"
                     "Image=registry.example/home/web:2\\"),
            "Quadlet Container.Image = registry.example/home/web:1 "
            "whole<registry.example/home/web:1>\n"
            "Quadlet Container.Image = registry.example/home/web:2 "
            "whole<registry.example/home/web:2>\n");
}

}  // namespace
}  // namespace stamp::pin
