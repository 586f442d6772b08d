#include "workspace/recipe.h"

#include <gtest/gtest.h>

#include "tests/workspace/problems.h"

namespace stamp::workspace {
namespace {

using Texts = std::vector<std::string>;

Recipe recipe_of(std::string text) {
  std::vector<Diagnostic> problems;
  Recipe recipe = parse_recipe("app/recipe.yaml", std::move(text), "/ws/app", problems);
  EXPECT_EQ(messages(problems), "");
  return recipe;
}

std::string problems_of(std::string text) {
  std::vector<Diagnostic> problems;
  parse_recipe("app/recipe.yaml", std::move(text), "/ws/app", problems);
  return messages(problems);
}

/// Problems of a recipe that is right but for `lines`.
std::string problems_in(std::string_view lines) {
  return problems_of("name: app\n" + std::string(lines));
}

TEST(Recipe, ReadsItsOwnMembers) {
  const Recipe recipe = recipe_of(
      "name: my-app.x_1\n"
      "description: an app\n"
      "from: {recipe: base}\n"
      "platforms: [amd64, linux/arm64]\n"
      "epoch: 2026-11-20T00:00:00Z\n"
      "mtime: 1980-01-01T00:00:01Z\n"
      "annotations: {org.example.a: \"1\"}\n");
  EXPECT_EQ(recipe.name, "my-app.x_1");
  EXPECT_EQ(recipe.description, "an app");
  EXPECT_EQ(recipe.from.kind, From::Kind::recipe);
  EXPECT_EQ(recipe.from.recipe, "base");
  EXPECT_EQ(recipe.platforms.size(), 2U);
  EXPECT_EQ(recipe.epoch, 1795132800);
  EXPECT_EQ(recipe.mtime, 315532801);
  EXPECT_EQ(recipe.annotations.at("org.example.a"), "1");
  EXPECT_EQ(recipe.lock_path(), "/ws/app/stamp.lock");
  EXPECT_EQ(recipe.needs(), Texts{"base"});
}

TEST(Recipe, ReadsAnImageOfARegistry) {
  const std::string digest = Digest::of(std::string_view("x")).str();
  const auto image = [](const std::string& text) {
    const Recipe recipe = recipe_of("name: app\nfrom: {image: \"" + text + "\"}\n");
    EXPECT_EQ(recipe.from.kind, From::Kind::image);
    EXPECT_EQ(recipe.needs(), Texts{});
    return recipe.from.image.str();
  };
  EXPECT_EQ(image("debian:12"), "docker.io/library/debian:12");
  EXPECT_EQ(image("registry.example:5000/a/b:1@" + digest),
            "registry.example:5000/a/b:1@" + digest);
  EXPECT_EQ(image("registry.example/a@" + digest), "registry.example/a@" + digest);
}

TEST(Recipe, RefusesWhatNamesNoImage) {
  EXPECT_EQ(problems_in("from: {image: debian}\n"),
            "2:15 'debian' names neither a tag nor a digest; write debian:TAG\n");
  EXPECT_EQ(problems_in("from: {image: \"x:1@sha256:00\"}\n"),
            "2:15 '00' is not a SHA-256 of 64 lower-case hexadecimal digits\n");
  EXPECT_EQ(problems_in("from: {image: \"https://registry.example/x:1\"}\n"),
            "2:15 cannot use the image 'https://registry.example/x:1': it starts with a scheme\n");
  EXPECT_EQ(problems_in("from: {image: \"registry.example/X:1\"}\n"),
            "2:15 cannot use the image 'registry.example/X:1': the repository must be in lower "
            "case\n");
  EXPECT_EQ(problems_in("from: {image: 12}\n"),
            "2:15 'image' must be a text, not a number; quote it: \"12\"\n");
  EXPECT_EQ(problems_in("from: {image: [x]}\n"), "2:15 'image' must be a text, not a list\n");
}

TEST(Recipe, ReadsPackages) {
  const Recipe recipe = recipe_of(
      "name: app\n"
      "layers:\n"
      "  - packages:\n"
      "      install: [python3-requests, {name: intel-media-va-driver, only: [amd64]}, "
      "libc6:i386]\n"
      "      sources: [debian]\n"
      "      essential: false\n"
      "      recommends: true\n"
      "      scripts: skip\n"
      "      debconf: {tzdata/Zones/Etc: UTC}\n"
      "      exclude: [/usr/share/doc/**]\n");
  ASSERT_EQ(recipe.layers.size(), 1U);
  EXPECT_EQ(verb(recipe.layers[0]), "packages");
  const auto& packages = std::get<Packages>(recipe.layers[0]);
  ASSERT_EQ(packages.install.size(), 3U);
  EXPECT_EQ(packages.install[1].name, "intel-media-va-driver");
  EXPECT_TRUE(packages.install[0].applies_to({"linux", "arm64", ""}));
  EXPECT_TRUE(packages.install[1].applies_to({"linux", "amd64", ""}));
  EXPECT_FALSE(packages.install[1].applies_to({"linux", "arm64", ""}));
  EXPECT_EQ(packages.install[2].name, "libc6:i386");
  EXPECT_EQ(packages.sources, Texts{"debian"});
  EXPECT_FALSE(packages.essential);
  EXPECT_TRUE(packages.recommends);
  ASSERT_EQ(packages.exclude.size(), 1U);
  EXPECT_EQ(packages.exclude[0].str(), "/usr/share/doc/**");
  ASSERT_EQ(packages.debconf.size(), 1U);
  EXPECT_EQ(packages.debconf[0].question, "tzdata/Zones/Etc");
  EXPECT_EQ(packages.debconf[0].answer, "UTC");
}

TEST(Recipe, ReadsFiles) {
  const Recipe recipe = recipe_of(
      "name: app\n"
      "layers:\n"
      "  - files:\n"
      "      /usr/local/bin/backup: {source: ./bin//backup.sh, mode: \"4755\"}\n"
      "      /etc/ssh/sshd_config: {text: \"Port 2222\\n\", owner: \"0:0\"}\n"
      "      /var/lib/app/: {directory: true, mode: \"0700\", owner: \"1000:1001\"}\n"
      "      /usr/bin/python: {link: python3}\n"
      "      /etc/motd: {remove: true}\n");
  const auto& items = std::get<Files>(recipe.layers[0]).items;
  ASSERT_EQ(items.size(), 5U);
  EXPECT_EQ(items[0].kind, FileItem::Kind::source);
  EXPECT_EQ(items[0].source.text, "bin/backup.sh");
  EXPECT_EQ(items[0].source.path, "/ws/app/bin/backup.sh");
  EXPECT_EQ(items[0].mode, 04755U);
  EXPECT_EQ(items[1].kind, FileItem::Kind::text);
  EXPECT_EQ(items[1].content, "Port 2222\n");
  EXPECT_EQ(items[1].mode, std::nullopt);
  EXPECT_EQ(items[2].kind, FileItem::Kind::directory);
  EXPECT_EQ(items[2].path.str(), "var/lib/app");
  EXPECT_EQ(items[3].kind, FileItem::Kind::link);
  EXPECT_EQ(items[3].content, "python3");
  EXPECT_EQ(items[4].kind, FileItem::Kind::remove);
}

TEST(Recipe, ReadsTreesArchivesAndCopies) {
  const Recipe recipe = recipe_of(
      "name: app\n"
      "layers:\n"
      "  - tree: {source: rootfs, exclude: [\"**/.git\"]}\n"
      "  - archive: {url: \"https://example.org/{name}-{arch}.tar.gz\", to: /opt/x, strip: 1,\n"
      "              include: [\"bin/*\"]}\n"
      "  - copy: {from: {recipe: tools}, paths: {/usr/bin/tool: /bin/tool}}\n");
  const auto& tree = std::get<Tree>(recipe.layers[0]);
  EXPECT_EQ(tree.source.path, "/ws/app/rootfs");
  EXPECT_TRUE(tree.to.is_root());
  EXPECT_TRUE(tree.selection.takes("a/b"));
  EXPECT_FALSE(tree.selection.takes("a/.git"));
  const auto& archive = std::get<Archive>(recipe.layers[1]);
  EXPECT_EQ(archive.to.str(), "opt/x");
  EXPECT_EQ(archive.strip, 1U);
  EXPECT_TRUE(archive.selection.takes("bin/x"));
  EXPECT_FALSE(archive.selection.takes("lib/x"));
  EXPECT_EQ(url_for(archive, recipe, {"linux", "arm64", ""}),
            "https://example.org/app-arm64.tar.gz");
  const auto& copy = std::get<Copy>(recipe.layers[2]);
  EXPECT_EQ(copy.recipe, "tools");
  EXPECT_EQ(copy.paths[0].to.str(), "bin/tool");
  EXPECT_EQ(recipe.needs(), Texts{"tools"});
}

TEST(Recipe, ReadsConfig) {
  const Recipe recipe = recipe_of(
      "name: app\n"
      "config: {entrypoint: [/usr/bin/dumb-init, --], cmd: [], env: {PATH: /usr/bin, A: \"\"},\n"
      "         user: 1000, workdir: /srv/, labels: {a: b}, ports: [8080, 53/udp],\n"
      "         volumes: [/data], stop-signal: SIGTERM}\n");
  const Config& config = recipe.config;
  EXPECT_EQ(config.entrypoint, (Texts{"/usr/bin/dumb-init", "--"}));
  EXPECT_EQ(config.cmd, Texts{});
  ASSERT_EQ(config.env.size(), 2U);
  EXPECT_EQ(config.env[0].first, "PATH");
  EXPECT_EQ(config.env[1].second, "");
  EXPECT_EQ(config.user, "1000");
  EXPECT_EQ(config.workdir, "/srv");
  EXPECT_EQ(config.labels.at("a"), "b");
  EXPECT_EQ(config.ports, (Texts{"8080/tcp", "53/udp"}));
  EXPECT_EQ(config.volumes, Texts{"/data"});
  EXPECT_EQ(config.stop_signal, "SIGTERM");
  EXPECT_EQ(recipe_of("name: app\n").config.cmd, std::nullopt);
}

TEST(Recipe, AUserWithoutAGroupHasOneOfItsOwn) {
  const Recipe recipe = recipe_of("name: app\naccounts: {users: [{name: steam, uid: 1000}]}\n");
  ASSERT_EQ(recipe.accounts.groups.size(), 1U);
  EXPECT_EQ(recipe.accounts.groups[0].name, "steam");
  EXPECT_EQ(recipe.accounts.groups[0].gid, 1000U);
  EXPECT_EQ(recipe.accounts.users[0].home, "/nonexistent");
  EXPECT_EQ(recipe.accounts.users[0].shell, "/usr/sbin/nologin");
}

TEST(Recipe, ShowsFileLineColumnAndCaret) {
  std::vector<Diagnostic> problems;
  parse_recipe("app/recipe.yaml", "name: app\nconfig:\n  entrpoint: [app]\n", "/ws/app", problems);
  EXPECT_EQ(shown(problems),
            "app/recipe.yaml:3:3: unknown key 'entrpoint' in 'config'; did you mean 'entrypoint'?\n"
            "    entrpoint: [app]\n"
            "    ^");
}

TEST(Recipe, RefusesWhatIsWrongWithItsOwnMembers) {
  EXPECT_EQ(problems_of("nam: app\n"),
            "1:1 unknown key 'nam' in recipe.yaml; did you mean 'name'?\n"
            "1:1 recipe.yaml has no 'name'\n");
  EXPECT_EQ(problems_of("name: App\n"),
            "1:7 'App' cannot be the name of a recipe: letters a to z and digits, with single '.', "
            "'_' or '-' between\n");
  EXPECT_EQ(problems_of("name: 1.5\n"),
            "1:7 'name' must be a text, not a number; quote it: \"1.5\"\n");
  EXPECT_EQ(problems_of("- name\n"), "1:1 recipe.yaml must be a mapping, not a list\n");
  EXPECT_EQ(problems_in("from: debian\n"),
            "2:7 'from: debian' means nothing; write scratch, {image: NAME:TAG}, {recipe: NAME} or "
            "{layout: PATH}\n");
  EXPECT_EQ(problems_in("from: {recipe: a, layout: b}\n"),
            "2:7 'from' names one thing: recipe, layout or image\n");
  EXPECT_EQ(problems_in("epoch: 2026-11-20\nmtime: 1969-12-31T00:00:00Z\n"),
            "2:8 '2026-11-20' is not a time of the form 2026-11-20T00:00:00Z\n"
            "3:8 '1969-12-31T00:00:00Z' is before 1970\n");
  EXPECT_EQ(problems_in("platforms: [linux/amd64, amd64, linux]\n"),
            "2:26 platform 'linux/amd64' is named twice\n"
            "2:33 'linux' is not a platform of the form os/architecture[/variant]\n");
}

TEST(Recipe, SaysWhatThisVersionDoesNotDo) {
  EXPECT_EQ(problems_in("layers:\n  - packages: {install: [restic], scripts: run}\n"),
            "3:44 'scripts: run' is not supported by this version; write 'scripts: evaluate' or "
            "'scripts: skip'\n");
  EXPECT_EQ(problems_in("layers:\n  - build: {}\n  - run: {}\ntest: []\n"),
            "3:5 'build' is not supported by this version, which knows packages, files, tree, "
            "archive and copy\n"
            "4:5 'run' is not supported by this version, which knows packages, files, tree, "
            "archive and copy\n"
            "5:1 'test' is not supported by this version\n");
}

TEST(Recipe, PackagesAreConfiguredUnlessTheRecipeSaysNo) {
  std::vector<Diagnostic> problems;
  const Recipe recipe = parse_recipe(
      "recipe.yaml",
      "name: a\nlayers:\n  - packages: [restic]\n"
      "  - packages: {install: [git], scripts: evaluate, accept-unconfigured: [x11-common]}\n"
      "  - packages: {install: [tar], scripts: skip}\n",
      ".", problems);
  EXPECT_EQ(problems.size(), 0U);
  ASSERT_EQ(recipe.layers.size(), 3U);
  EXPECT_EQ(std::get<Packages>(recipe.layers[0]).scripts, Scripts::evaluate);
  EXPECT_EQ(std::get<Packages>(recipe.layers[1]).scripts, Scripts::evaluate);
  EXPECT_EQ(std::get<Packages>(recipe.layers[1]).accept_unconfigured,
            std::vector<std::string>{"x11-common"});
  EXPECT_EQ(std::get<Packages>(recipe.layers[2]).scripts, Scripts::skip);
  EXPECT_EQ(problems_in("layers:\n  - packages: {install: [git], scripts: skip, "
                        "accept-unconfigured: [X]}\n"),
            "3:69 'X' is not the name of a package\n"
            "3:68 'accept-unconfigured' means nothing beside 'scripts: skip', which configures no "
            "package\n");
}

TEST(Recipe, AnItemOfLayersHasOneVerb) {
  EXPECT_EQ(problems_in("layers:\n  - {}\n  - pakages: []\n  - tree: {source: a}\n    files: {}\n"
                        "  - files\n"),
            "3:5 an item of 'layers' has one verb, and this has none\n"
            "4:5 unknown verb 'pakages' in 'layers'; did you mean 'packages'?\n"
            "6:5 'files' beside 'tree': an item of 'layers' has one verb; begin another item with "
            "'- files:'\n"
            "7:5 each of 'layers' must be a mapping, not a text\n");
}

TEST(Recipe, RefusesWrongPackages) {
  EXPECT_EQ(problems_in("layers:\n"
                        "  - packages:\n"
                        "      install: [Restic, git, git, {name: x1, only: [], onyl: [a]}, {only: "
                        "[linux/amd64, vax]}]\n"
                        "      scripts: skp\n"
                        "      essential: yes\n"
                        "      recommends: \"true\"\n"
                        "      debconf: [a]\n"
                        "      exclude: [\"a[b\", \"\"]\n"
                        "      source: [debian]\n"),
            "10:7 unknown key 'source' in 'packages'; did you mean 'sources'?\n"
            "4:17 'Restic' is not the name of a package\n"
            "4:30 package 'git' is named twice\n"
            "4:56 unknown key 'onyl' in an item of 'install'; did you mean 'only'?\n"
            "4:52 'only' is empty; leave the package out instead\n"
            "4:68 an item of 'install' has no 'name'\n"
            "4:76 'linux/amd64' is not an architecture such as amd64\n"
            "4:89 'vax' is not a platform of the form os/architecture[/variant]\n"
            "6:18 'essential' must be true or false, not a text\n"
            "7:19 'recommends' must be true or false, not a text\n"
            "5:16 unknown word 'skp' in 'scripts'; did you mean 'skip'?\n"
            "8:16 'debconf' must be a mapping, not a list\n"
            "9:17 'a[b' is not a pattern: a '[' is not closed\n"
            "9:24 each of 'exclude' is empty\n");
}

TEST(Recipe, RefusesWrongFiles) {
  EXPECT_EQ(
      problems_in("layers:\n"
                  "  - files:\n"
                  "      etc/a: {text: x}\n"
                  "      /: {text: x}\n"
                  "      /a/../b: {text: x}\n"
                  "      /c: {text: x, mode: 0755}\n"
                  "      /d: {text: x, mode: \"0888\"}\n"
                  "      /e: {text: x, source: y}\n"
                  "      /f: {mode: \"0755\"}\n"
                  "      /g: {link: x, mode: \"0777\"}\n"
                  "      /h: {remove: true, owner: \"0:0\"}\n"
                  "      /i: {directory: false}\n"
                  "      /j: {source: /etc/passwd}\n"
                  "      /k: {source: a/../../b}\n"
                  "      /l: {text: x}\n"
                  "      /l/: {text: y}\n"
                  "      /m: x\n"),
      "4:7 'etc/a' is not a path in an image: it must start with '/'\n"
      "5:7 '/' is every image's root; name a path below it\n"
      "6:7 '/a/../b' is not a path in an image: '..' is not allowed\n"
      "7:27 'mode' must be a text, not a number; quote it: \"0755\"\n"
      "8:27 '0888' is not a mode; write it in octal: \"0755\"\n"
      "9:21 'source' beside 'text': a path has one of source, text, directory, link and remove\n"
      "10:7 '/f' has none of source, text, directory, link and remove\n"
      "11:21 'mode' means nothing beside 'link'\n"
      "12:26 'owner' means nothing beside 'remove'\n"
      "13:23 'directory' can only be true\n"
      "14:20 '/etc/passwd' cannot be used: the path must be relative to this file's folder\n"
      "15:20 'a/../../b' cannot be used: the path must not leave this file's folder ('..')\n"
      "17:7 '/l' is named twice\n"
      "18:11 '/m' must be a mapping, not a text\n");
}

TEST(Recipe, RefusesWrongTreesArchivesAndCopies) {
  EXPECT_EQ(problems_in("layers:\n"
                        "  - tree: {to: opt, include: []}\n"
                        "  - archive: {url: \"https://example.org/{version}.tgz\", strip: 65}\n"
                        "  - archive: {url: \"https://u:p@example.org/x.tgz\", strip: one}\n"
                        "  - archive: {url: \"https://example.org/{arch.tgz\"}\n"
                        "  - copy: {from: {layout: x}, paths: {}}\n"
                        "  - copy: {from: {recipe: x}, paths: {/a: b}}\n"
                        "  - copy: {from: {image: \"x:1\"}, paths: {/a: /b}}\n"),
            "3:11 'tree' has no 'source'\n"
            "3:16 'opt' is not a path in an image: it must start with '/'\n"
            "3:30 'include' is empty: nothing would be taken\n"
            "4:20 unknown placeholder '{version}' in 'url'; {arch} and {name} are filled in\n"
            "4:64 'strip' must be at most 64\n"
            "5:20 the URL 'https://…@example.org' holds credentials\n"
            "5:60 'strip' must be a number, not a text\n"
            "6:20 'https://example.org/{arch.tgz' has a brace without its partner\n"
            "7:27 'copy' from a layout is not supported; name a recipe: {recipe: NAME}\n"
            "7:38 'paths' is empty\n"
            "8:43 'b' is not a path in an image: it must start with '/'\n"
            "9:26 'copy' from an image is not supported; name a recipe: {recipe: NAME}\n");
}

TEST(Recipe, RefusesWrongAccounts) {
  EXPECT_EQ(
      problems_in("accounts:\n"
                  "  groups: [{name: a, gid: 1}, {name: a, gid: 2}, {name: b, gid: 1}]\n"
                  "  users: [{name: Bad, uid: 1, group: a}, {uid: 4294967295, group: a},\n"
                  "          {name: c, uid: 1, group: a, home: x}, {name: d, shell: \"/b:c\", uid: "
                  "5, group: a}]\n"),
      "3:31 group 'a' is named twice\n"
      "3:50 groups 'a' and 'b' have the same gid 1\n"
      "4:18 'Bad' cannot be the name of a user: letters a to z, digits, '_' and '-', no "
      "digit or '-' first, at most 32\n"
      "4:42 a user has no 'name'\n"
      "4:48 'uid' must be at most 4294967294\n"
      "5:45 'x' is not a path in an image: it must start with '/'\n"
      "5:11 users 'Bad' and 'c' have the same uid 1\n"
      "5:49 '/b:c' cannot stand in /etc/passwd\n");
}

TEST(Recipe, RefusesWrongConfig) {
  EXPECT_EQ(problems_in("config: {env: {A: 1, \"B=C\": x}, ports: [99999, 1/icmp], stop-signal: "
                        "TERM, cmd: foo, workdir: x, volumes: [y], labels: {\"\": x}}\n"),
            "2:81 'cmd' must be a list, not a text\n"
            "2:19 'A' must be a text, not a number; quote it: \"1\"\n"
            "2:22 'B=C' cannot be the name of a variable\n"
            "2:95 'x' is not a path in an image: it must start with '/'\n"
            "2:121 'labels' has an empty key\n"
            "2:41 '99999' is not a port; write it as 8080/tcp or 53/udp\n"
            "2:48 '1/icmp' is not a port; write it as 8080/tcp or 53/udp\n"
            "2:108 'y' is not a path in an image: it must start with '/'\n"
            "2:70 'TERM' is not a signal such as SIGTERM\n");
}

}  // namespace
}  // namespace stamp::workspace
