#include "maintainer-scripts/dpkg/left_out.h"

#include <memory>

#include <gtest/gtest.h>

#include "base/error.h"

namespace stamp::scripts {
namespace {

MadeEntry made(std::string_view path, std::string text,
               layer::EntryType type = layer::EntryType::file) {
  MadeEntry entry;
  entry.entry.path = EntryPath::parse(path);
  entry.entry.type = type;
  if (type == layer::EntryType::file) {
    entry.entry.size = text.size();
    entry.text = std::make_shared<const std::string>(std::move(text));
  }
  return entry;
}

TEST(LeftOut, TakesAwayByClassAndTellsIt) {
  Changes changes;
  changes.made = {made("/etc/machine-id", "0\n"),
                  made("/etc/passwd", "root"),
                  made("/etc/passwd-", "root"),
                  made("/run/x", "", layer::EntryType::directory),
                  made("/run/x/pid", "1"),
                  made("/var/lib/ucf/hashfile", "1"),
                  made("/var/lib/ucf/hashfile.0", "0"),
                  made("/var/log/btmp", ""),
                  made("/var/log/dpkg.log", "text")};
  std::string out;
  for (const LeftOut& each : take_left_out(changes)) {
    out += each.path + ": " + std::string(each.reason) + "\n";
  }
  EXPECT_EQ(out,
            "/etc/machine-id: machine identity\n"
            "/etc/passwd-: backup copies\n"
            "/run/x/pid: run time\n"
            "/var/lib/ucf/hashfile.0: backup copies\n"
            "/var/log/dpkg.log: logs\n");
  std::string kept;
  for (const MadeEntry& each : changes.made) kept += each.entry.path.absolute() + " ";
  EXPECT_EQ(kept, "/etc/passwd /run/x /var/lib/ucf/hashfile /var/log/btmp ");
}

TEST(LeftOut, PrivateKeyOfAScriptIsRefused) {
  Changes changes;
  changes.made = {made("/etc/x/key.pem", "-----BEGIN RSA PRIVATE KEY-----\nMII\n")};
  try {
    take_left_out(changes);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.headline(),
              "cannot take '/etc/x/key.pem' into the image: a maintainer script made a private "
              "key");
  }
}

}  // namespace
}  // namespace stamp::scripts
