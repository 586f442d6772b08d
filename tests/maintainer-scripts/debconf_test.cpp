#include "maintainer-scripts/dpkg/debconf.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "maintainer-scripts/process.h"

namespace stamp::scripts {
namespace {

constexpr const char* kTemplates =
    "Template: tz/area\n"
    "Type: select\n"
    "Choices-C: Europe, Etc\n"
    "Choices: Europe, ${more}, Etc\n"
    "Choices-de.UTF-8: Europa, Sonstige\n"
    "Default: Etc\n"
    "Description: Area:\n"
    " Say where\n"
    " you are.\n"
    " .\n"
    "  exactly\n"
    "\n"
    "Template: tz/name\n"
    "Type: string\n"
    "Default: a\\nb\n"
    "Description: Hello ${who}, \\${not} ${nobody}:\n"
    "\n"
    "\n"
    "Template: tz/secret\n"
    "Type: password\n"
    "Description: Password:\n"
    "\n"
    "Template: tz/wrong\n"
    "Type: error\n"
    "Description: Wrong\n"
    " All is lost.\n"
    "\n"
    "Template: tz/title\n"
    "Type: title\n"
    "Description: Zone\n";

class DebconfTest : public ::testing::Test {
 protected:
  DebconfTest() {
    debconf.load_templates("tz", kTemplates);
    debconf.start("tz");
  }
  std::string say(std::string_view line) { return debconf.command(line); }

  Debconf debconf{{{"tz/answered", "x"}, {"tz/unasked", "y"}}};
};

TEST_F(DebconfTest, AgreesOnVersions) {
  EXPECT_EQ(say("VERSION 2.0"), "0 2.0");
  EXPECT_EQ(say("version 1.0"), "30 Version too low (1.0)");
  EXPECT_EQ(say("VERSION 3"), "30 Version too high (3)");
  EXPECT_EQ(say("CAPB backup"), "0 multiselect escape ");
}

TEST_F(DebconfTest, TakesDefaultsWhereNobodyIsAsked) {
  EXPECT_EQ(say("GET tz/area"), "0 Etc");
  EXPECT_EQ(say("INPUT high tz/area"), "30 question skipped");
  EXPECT_EQ(say("GO"), "0 ok");
  EXPECT_EQ(say("GET tz/area"), "0 Etc");
  EXPECT_EQ(say("GET tz/secret"), "0 ");
  EXPECT_EQ(say("GET tz/none"), "10 tz/none doesn't exist");
}

TEST_F(DebconfTest, TakesTheFirstChoiceForOneThatIsNone) {
  say("SET tz/area Mars");
  say("INPUT high tz/area");
  EXPECT_EQ(say("GET tz/area"), "0 Mars");
  say("GO");
  EXPECT_EQ(say("GET tz/area"), "0 Europe");
}

TEST_F(DebconfTest, KeepsValuesAndFlags) {
  EXPECT_EQ(say("SET tz/name one  two"), "0 value set");
  EXPECT_EQ(say("GET tz/name"), "0 one two");
  EXPECT_EQ(say("FGET tz/name seen"), "0 false");
  EXPECT_EQ(say("FSET tz/name seen true"), "0 true");
  EXPECT_EQ(say("FGET tz/name isdefault"), "0 false");
  EXPECT_EQ(say("RESET tz/name"), "0");
  EXPECT_EQ(say("FGET tz/name seen"), "0 false");
  EXPECT_EQ(say("GET tz/name"), "0 a\\nb");
}

TEST_F(DebconfTest, SubstitutesInTexts) {
  EXPECT_EQ(say("SUBST tz/name who dear reader"), "0");
  EXPECT_EQ(say("METAGET tz/name description"), "0 Hello dear reader, ${not} :");
  EXPECT_EQ(say("METAGET tz/area extended_description"), "0 Say where you are.");
  EXPECT_EQ(say("METAGET tz/area choices-c"), "0 Europe, Etc");
  EXPECT_EQ(say("METAGET tz/area nothing"), "0 ");
}

TEST_F(DebconfTest, EscapesForThoseWhoCan) {
  say("CAPB escape");
  EXPECT_EQ(say("SET tz/name a\\ b\\\\c\\nd"), "0 value set");
  EXPECT_EQ(say("GET tz/name"), "1 a b\\\\c\\nd");
}

TEST_F(DebconfTest, MakesAndForgetsQuestions) {
  EXPECT_EQ(say("REGISTER tz/name tz/other"), "0");
  EXPECT_EQ(say("EXIST tz/other"), "0 true");
  EXPECT_EQ(say("GET tz/other"), "0 a\\nb");
  EXPECT_EQ(say("UNREGISTER tz/other"), "0");
  EXPECT_EQ(say("EXIST tz/other"), "0 false");
  EXPECT_EQ(say("REGISTER tz/none tz/other"), "10 No such template, \"tz/none\"");
  say("INPUT low tz/name");
  EXPECT_EQ(say("UNREGISTER tz/name"), "10 tz/name is busy, cannot unregister right now");
  EXPECT_EQ(say("PURGE"), "0");
  EXPECT_EQ(say("EXIST tz/name"), "0 false");
}

TEST_F(DebconfTest, AnswersOfTheRecipeComeFirst) {
  EXPECT_EQ(debconf.unused_answers(), (std::vector<std::string>{"tz/answered", "tz/unasked"}));
  debconf.load_templates("tz", "Template: tz/answered\nType: string\nDefault: y\n");
  EXPECT_EQ(say("GET tz/answered"), "0 x");
  EXPECT_EQ(say("FGET tz/answered seen"), "0 true");
  EXPECT_EQ(debconf.unused_answers(), std::vector<std::string>{"tz/unasked"});
}

TEST_F(DebconfTest, ShowsErrors) {
  say("INPUT critical tz/wrong");
  say("GO");
  EXPECT_EQ(debconf.take_shown(), "Wrong\n\nAll is lost.\n");
}

TEST_F(DebconfTest, RefusesWhatItDoesNotUnderstand) {
  EXPECT_EQ(say("SING a song"),
            "20 Unsupported command \"sing\" (full line was \"SING a song\") received from "
            "confmodule.");
  EXPECT_EQ(say(""), "20 Bad line \"\" received from confmodule.");
  EXPECT_EQ(say("GET"), "20 Incorrect number of arguments");
  EXPECT_EQ(say("INPUT urgent tz/name"), "20 \"urgent\" is not a valid priority");
  EXPECT_EQ(say("STOP"), "");
  EXPECT_THROW(say("INPUT high tz/title"), Unknown);
}

TEST_F(DebconfTest, DoesNotGrowWithoutEnd) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "${x}";
  debconf.load_templates("tz", "Template: a/b\nType: note\nDescription: " + text + "\n");
  say("SUBST a/b x " + std::string(1000000, 'x'));
  try {
    say("METAGET a/b description");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.headline(),
              "cannot substitute in the text of question 'a/b': it would be longer than 16777216 "
              "bytes");
  }
}

TEST_F(DebconfTest, LoadsTemplatesOfAFile) {
  const auto read = [](const std::string& path) {
    return path == "/t" ? std::optional<std::string>("Template: a/b\nType: note\n") : std::nullopt;
  };
  EXPECT_EQ(debconf.command("X_LOADTEMPLATEFILE /t other", read), "0");
  EXPECT_EQ(say("EXIST a/b"), "0 true");
  EXPECT_EQ(debconf.command("X_LOADTEMPLATEFILE /none", read),
            "10 failed to open /none: No such file or directory");
}

TEST(DebconfTemplates, RefusesWhatIsNone) {
  const auto message = [](std::string_view text) -> std::string {
    try {
      parse_debconf_templates(text);
    } catch (const Error& error) {
      return error.headline();
    }
    return {};
  };
  EXPECT_EQ(message("Type: string\n"),
            "cannot read templates of questions: one has no 'Template' field");
  EXPECT_EQ(message("Template: a\nTemplate: b\n"),
            "cannot read templates of questions: field 'template' comes twice");
  EXPECT_EQ(message("Template: a\nnonsense\n"),
            "cannot read templates of questions: line 'nonsense' is neither a field nor part of "
            "one");
}

TEST(DebconfTemplates, SplitsLists) {
  EXPECT_EQ(split_debconf_list("a, b c,d, e\\, f"),
            (std::vector<std::string>{"a", "b c,d", "e, f"}));
}

}  // namespace
}  // namespace stamp::scripts
