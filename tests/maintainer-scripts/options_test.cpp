#include "maintainer-scripts/tools/options.h"

#include <gtest/gtest.h>

#include "tests/maintainer-scripts/test_machine.h"

namespace stamp::scripts {
namespace {

constexpr LongOption kLong[] = {{"recursive", Argument::none, "r"},
                                {"mode", Argument::required, "m"},
                                {"backup", Argument::optional}};

class OptionsOf : public testing::Test, public TestMachine {
 protected:
  OptionsOf() : TestMachine({}) {}

  Options parse(std::vector<std::string> args, std::string_view spec = "rfm:t::") {
    args.insert(args.begin(), "tool");
    return parse_options(Process{machine, std::move(args)}, spec, kLong);
  }
  std::string refusal(std::vector<std::string> args) {
    try {
      (void)parse(std::move(args));
    } catch (const Unknown& unknown) {
      return unknown.what();
    }
    return "";
  }
};

using Given = std::vector<Option>;
using Words = std::vector<std::string>;

TEST_F(OptionsOf, GroupsAndArguments) {
  EXPECT_EQ(parse({"-rfm644", "-m", "600", "-t", "-tx"}).given,
            (Given{{"r", {}}, {"f", {}}, {"m", "644"}, {"m", "600"}, {"t", {}}, {"t", "x"}}));
}

TEST_F(OptionsOf, LongOnes) {
  const Options options =
      parse({"--recursive", "--mode=1", "--mode", "2", "--backup", "--backup=x"});
  EXPECT_EQ(options.given,
            (Given{{"r", {}}, {"m", "1"}, {"m", "2"}, {"backup", {}}, {"backup", "x"}}));
  EXPECT_EQ(*options.value("m"), "2");
  EXPECT_EQ(options.value("r"), nullptr);
  EXPECT_TRUE(options.has("r"));
  EXPECT_FALSE(options.has("f"));
}

TEST_F(OptionsOf, StandAmongOperandsUnlessTheyComeFirst) {
  EXPECT_EQ(parse({"a", "-r", "-", "--", "-f"}).operands, (Words{"a", "-", "-f"}));
  EXPECT_EQ(parse({"-r", "a", "-f", "--"}, "+rf").operands, (Words{"a", "-f", "--"}));
}

TEST_F(OptionsOf, TheLastOfThoseThatUndoEachOther) {
  const std::string_view names[] = {"r", "f"};
  EXPECT_EQ(parse({"-r", "-f", "-m1"}).last_of(names), "f");
  EXPECT_EQ(parse({}).last_of(names), "");
}

TEST_F(OptionsOf, OthersAreUnknown) {
  EXPECT_EQ(refusal({"-rx"}), "option '-x' is not known");
  EXPECT_EQ(refusal({"-r:"}), "option '-:' is not known");
  EXPECT_EQ(refusal({"--recur"}), "option '--recur' is not known");
  EXPECT_EQ(refusal({"--recursive=x"}), "option '--recursive' takes no argument");
  EXPECT_EQ(refusal({"-m"}), "option '-m' has no argument");
  EXPECT_EQ(refusal({"--mode"}), "option '--mode' has no argument");
}

}  // namespace
}  // namespace stamp::scripts
