#include "maintainer-scripts/accounts/system_ids.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace stamp::scripts {
namespace {

std::string message_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.headline();
  }
  return "(none)";
}

TEST(SystemIds, KeepsWhatTheLockSays) {
  SystemIds ids({{"redis", 105}}, {{"redis", 107}});
  EXPECT_EQ(ids.user("redis"), 105U);
  EXPECT_EQ(ids.group("redis"), 107U);
  EXPECT_EQ(ids.user("sshd"), std::nullopt);
  EXPECT_TRUE(ids.is_user_taken(105, "sshd"));
  EXPECT_FALSE(ids.is_user_taken(105, "redis"));
  EXPECT_FALSE(ids.is_group_taken(105, "sshd"));
}

TEST(SystemIds, RecordsNewOnes) {
  SystemIds ids;
  ids.set_user("sshd", 101);
  ids.set_user("sshd", 101);
  ids.set_group("_ssh", 101);
  EXPECT_EQ(ids.users(), (std::map<std::string, std::uint32_t, std::less<>>{{"sshd", 101}}));
  EXPECT_EQ(ids.groups(), (std::map<std::string, std::uint32_t, std::less<>>{{"_ssh", 101}}));
}

TEST(SystemIds, NamesBothWhenTwoClash) {
  SystemIds ids({{"messagebus", 100}}, {});
  EXPECT_EQ(message_of([&] { ids.set_user("redis", 100); }),
            "cannot give user 'redis' the number 100: user 'messagebus' has it");
  EXPECT_EQ(message_of([&] { ids.set_user("messagebus", 101); }),
            "cannot give user 'messagebus' the number 101: it has 100 already");
}

}  // namespace
}  // namespace stamp::scripts
