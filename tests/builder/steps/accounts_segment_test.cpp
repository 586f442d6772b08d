#include "builder/steps/accounts_segment.h"

#include "tests/builder/builder_fixture.h"

namespace stamp::build {
namespace {

using Lines = std::vector<std::string>;

workspace::Accounts steam() {
  workspace::Accounts accounts;
  workspace::User user;
  user.name = "steam";
  user.uid = 1000;
  user.gid = 1000;
  user.group = "steam";
  user.home = "/home/steam";
  user.shell = "/usr/sbin/nologin";
  accounts.users = {user};
  accounts.groups = {{"steam", 1000, {}}};
  return accounts;
}

TEST(AddUsers, AppendsALineAndKeepsWhatIsThere) {
  EXPECT_EQ(add_users("root:x:0:0:root:/root:/bin/bash", steam()),
            "root:x:0:0:root:/root:/bin/bash\n"
            "steam:x:1000:1000::/home/steam:/usr/sbin/nologin\n");
}

TEST(AddUsers, LeavesAUserThatIsThereAlready) {
  const std::string passwd = "steam:x:1000:5:Steam:/srv:/bin/sh\n";
  EXPECT_EQ(add_users(passwd, steam()), passwd);
}

TEST(AddUsers, NameWithAnotherIdIsRefused) {
  EXPECT_EQ(message_of([] { add_users("steam:x:1001:5::/:/bin/sh\n", steam()); }),
            "stamp: error: cannot add user 'steam' with id 1000: the image has one with id 1001\n"
            "  try: give it that id in 'accounts', or another name\n");
}

TEST(AddUsers, IdOfAnotherNameIsRefused) {
  EXPECT_EQ(message_of([] { add_users("games:x:1000:5::/:/bin/sh\n", steam()); }),
            "stamp: error: cannot add user 'steam' with id 1000: the image gives that id to "
            "'games'\n"
            "  try: choose another id in 'accounts'\n");
}

TEST(AddGroups, AppendsALineAndKeepsMembers) {
  EXPECT_EQ(add_groups("adm:x:4:syslog,root\n", steam()), "adm:x:4:syslog,root\nsteam:x:1000:\n");
}

TEST(AddGroups, ClashIsRefused) {
  EXPECT_EQ(message_of([] { add_groups("users:x:1000:\n", steam()); }),
            "stamp: error: cannot add group 'steam' with id 1000: the image gives that id to "
            "'users'\n"
            "  try: choose another id in 'accounts'\n");
}

class AccountsSegmentTest : public BuilderTest {
 protected:
  /// The layer that accounts make over `below`.
  StoredLayer accounts_over(const StoredLayer& below, const workspace::Accounts& accounts) {
    AccountsSegment segment;
    segment.accounts = accounts;
    segment.mtime = kDefaultMtime;
    const std::unique_ptr<cache::BlobWriter> blob = store_.new_blob();
    const layer::Segment written = write_accounts(ImageFiles({&below}, store_), segment,
                                                  {.compression = layer::Compression::none}, *blob);
    lines = shown(written.list);
    return assemble({{"accounts", store_.store(*blob, written)}}, &below);
  }
  Lines lines;
};

TEST_F(AccountsSegmentTest, AddsToTheFilesOfTheImageWithTheirModesAndOwners) {
  PlannedEntry shadow = file("/etc/shadow", "root:*:1:0:99999:7:::\n", 0640);
  shadow.entry.gid = 42;
  const StoredLayer below = make_layer({file("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\n"),
                                        file("/etc/group", "root:x:0:\n"), shadow,
                                        file("/etc/gshadow", "root:*::\n", 0640)});
  const StoredLayer above = accounts_over(below, steam());
  EXPECT_EQ(lines, (Lines{"directory 755 1000:1000 /home/steam", "file 644 0:0 /etc/group",
                          "file 640 0:0 /etc/gshadow", "file 644 0:0 /etc/passwd",
                          "file 640 0:42 /etc/shadow"}));
  const ImageFiles image({&below, &above}, store_);
  EXPECT_EQ(image.read(path("/etc/shadow"), 1000),
            "root:*:1:0:99999:7:::\nsteam:!::0:99999:7:::\n");
  EXPECT_EQ(image.read(path("/etc/gshadow"), 1000), "root:*::\nsteam:!::\n");
}

TEST_F(AccountsSegmentTest, StartsFromWhatBasePasswdBringsWithoutShadow) {
  const StoredLayer below =
      make_layer({file("/usr/share/base-passwd/passwd.master", "root:*:0:0:root:/root:/bin/bash\n"),
                  file("/usr/share/base-passwd/group.master", "root:*:0:\n")});
  const StoredLayer above = accounts_over(below, steam());
  const ImageFiles image({&below, &above}, store_);
  EXPECT_EQ(image.read(path("/etc/passwd"), 1000),
            "root:*:0:0:root:/root:/bin/bash\n"
            "steam:x:1000:1000::/home/steam:/usr/sbin/nologin\n");
  EXPECT_EQ(image.read(path("/etc/group"), 1000), "root:*:0:\nsteam:x:1000:\n");
  EXPECT_EQ(image.find(path("/etc/shadow")), nullptr);
}

TEST_F(AccountsSegmentTest, StartsFromRootAndNobodyWhereThereIsNothing) {
  const StoredLayer below = make_layer({file("/app", "")});
  const StoredLayer above = accounts_over(below, steam());
  const ImageFiles image({&below, &above}, store_);
  EXPECT_EQ(image.read(path("/etc/passwd"), 1000),
            "root:x:0:0:root:/root:/bin/sh\n"
            "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
            "steam:x:1000:1000::/home/steam:/usr/sbin/nologin\n");
  EXPECT_EQ(image.read(path("/etc/group"), 1000), "root:x:0:\nnogroup:x:65534:\nsteam:x:1000:\n");
}

TEST_F(AccountsSegmentTest, HomeThatIsThereOrMeansNoneIsLeftAlone) {
  workspace::Accounts accounts = steam();
  accounts.users.push_back(accounts.users[0]);
  accounts.users[1].name = "other";
  accounts.users[1].uid = 1001;
  accounts.users[1].home = "/nonexistent";
  const StoredLayer below = make_layer({folder("/home/steam", 0700, 5)});
  accounts_over(below, accounts);
  EXPECT_EQ(lines, (Lines{"file 644 0:0 /etc/group", "file 644 0:0 /etc/passwd"}));
}

TEST_F(AccountsSegmentTest, HomeBelowALinkIsMadeWhereTheLinkLeads) {
  workspace::Accounts accounts = steam();
  accounts.users[0].home = "/var/run/steam";
  const StoredLayer below = make_layer({link("/var/run", "/run"), folder("/run")});
  accounts_over(below, accounts);
  EXPECT_EQ(lines.front(), "directory 755 1000:1000 /run/steam");
}

}  // namespace
}  // namespace stamp::build
