// Files appear whole or not at all, one process at a time writes a folder, and files that are not regular are
// handled.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "sim/files/input_file.hpp"
#include "sim/files/output_file.hpp"
#include "sim/files/output_folder.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/shell.hpp"

using namespace sim;
namespace fs = std::filesystem;

namespace {

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
}

}  // namespace

TEST_CASE("a file appears when it is committed, and leaves nothing when it isn't") {
  Folder folder;
  const fs::path path = folder.path / "a";
  {
    OutputFile file(path);
    file.stream() << "in vain";
    CHECK_FALSE(fs::exists(path));
  }
  CHECK(fs::is_empty(folder.path));
  OutputFile file(path);
  file.stream() << std::string(100'000, 'x') << 'y';
  file.commit();
  CHECK(content(path) == std::string(100'000, 'x') + 'y');
  CHECK(files_in(folder.path) == 1);
}

TEST_CASE("what a killed writer left goes with the next file of that name, a living writer's doesn't") {
  Folder folder;
  const fs::path path = folder.path / "a";
  replace(folder.path / "a.77.tmp", "of a writer that was killed");
  replace(folder.path / "a.notes.tmp", "of somebody else");
  replace(folder.path / "ab.77.tmp", "of another file");
  OutputFile living(path);
  living.stream() << "first";
  CHECK_FALSE(fs::exists(folder.path / "a.77.tmp"));
  write_whole(path, "second");
  CHECK(content(path) == "second");
  living.commit();
  CHECK(content(path) == "first");
  CHECK(files_in(folder.path) == 3);
}

TEST_CASE("a link stays a link, a file keeps its mode, and a name may be as long as the system allows") {
  Folder folder;
  replace(folder.path / "target", "old");
  ::chmod((folder.path / "target").c_str(), 0640);
  fs::create_symlink("target", folder.path / "link");
  write_whole(folder.path / "link", "new");
  CHECK(fs::is_symlink(folder.path / "link"));
  CHECK(content(folder.path / "target") == "new");
  CHECK(fs::status(folder.path / "target").permissions() == fs::perms{0640});
  fs::create_symlink("later", folder.path / "dangling");
  write_whole(folder.path / "dangling", "made");
  CHECK(content(folder.path / "later") == "made");
  const fs::path longest = folder.path / std::string(255, 'n');
  write_whole(longest, "whole");
  CHECK(content(longest) == "whole");
}

TEST_CASE("a folder has one writer or any number of readers, and one made in vain goes again") {
  Folder folder;
  const fs::path path = folder.path / "out";
  {
    const OutputFolder writer(path);
    CHECK_THROWS_AS(OutputFolder(path), FileError);
    CHECK_THROWS_AS(FolderLock(path, FolderLock::Kind::shared), FileError);
  }
  CHECK_FALSE(fs::exists(path));
  fs::create_directory(path);
  {
    const FolderLock one(path, FolderLock::Kind::shared), other(path, FolderLock::Kind::shared);
    CHECK_THROWS_AS(OutputFolder(path), FileError);
  }
  const OutputFolder writer(path);
  CHECK(fs::exists(path));
}

TEST_CASE("a pipe that nobody writes to, or reads, ends with a word, but one with a partner works") {
  Folder folder;
  const auto in = [&](const std::string& commands) {
    return shell("cd '" + folder.path.string() + "' && { " + commands + "\n} 2>&1");
  };
  in("mkfifo pipe; $R generate --operations 20 --out h");
  replace(folder.path / "s.json", R"({"name": "s", "duration": "50ms", "protocol": {"name": "raft"}})");
  CHECK(in("timeout 60 $R run pipe & timeout 60 $R check pipe & wait")
            .out.find("pipe: is a pipe that nobody writes to") != std::string::npos);
  CHECK(in("timeout 60 $R check pipe; echo $?").out.ends_with("\n2\n"));
  const auto unread = in("timeout 60 $R generate --out pipe");
  CHECK(unread.code == 2);
  CHECK(unread.out == "repsim: pipe: is a pipe that nobody reads\n");
  CHECK(in("(sleep 0.3; cat h) > pipe & $R check pipe").out.find("pipe: linearizable") == 0);
  CHECK(in("cat pipe > copy & $R generate --operations 20 --out pipe; wait; cmp copy h").code == 0);
  CHECK(in("timeout 60 $R run s.json --trace /dev/null").code == 0);
  CHECK(in("timeout 60 $R run /dev/null").code == 2);
  CHECK(in("timeout 60 $R run /dev/zero").out == "repsim: /dev/zero: is a device, expected a file\n");
  CHECK(in("timeout 60 $R check /dev/urandom h").code == 2);
}

TEST_CASE("/dev/stdout and - are standard output, in their turn and not from its beginning") {
  Folder folder;
  const auto in = [&](const std::string& commands) {
    return shell("cd '" + folder.path.string() + "' && { " + commands + "\n} 2>&1");
  };
  in("$R generate --operations 20 > plain");
  for (const std::string name : {"/dev/stdout", "-", "/dev/fd/1", "/proc/self/fd/1"}) {
    CAPTURE(name);
    CHECK(in("(echo before; $R generate --operations 20 --out " + name +
             "; echo after) > all; (echo before; cat plain; echo after) | cmp - all")
              .code == 0);
  }
  CHECK(files_in(folder.path) == 2);
}
