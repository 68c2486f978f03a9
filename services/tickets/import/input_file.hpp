// The file of an import: read in pieces at any place, and recognized by the digest of its beginning.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace stagedoor::tickets {

// The file can't be imported at all. The message names it and says why, on one line.
struct InputError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// What may be shown of text from a file: without control characters, and not endless.
[[nodiscard]] std::string shown(std::string_view text);

// One thread at a time.
class InputFile {
  public:
    // `path` "-" is standard input. What is no regular file is copied to a temporary one first: only a file
    // can be read again. Throws InputError.
    explicit InputFile(const std::string& path);
    ~InputFile();
    InputFile(const InputFile&) = delete;
    InputFile& operator=(const InputFile&) = delete;

    // The last part of its path; "standard input".
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] bool has_name() const { return has_name_; }
    [[nodiscard]] std::int64_t size() const { return size_; }
    // Fills the front of `out` and returns how much; less than all only at the end. Throws InputError.
    [[nodiscard]] std::size_t read(std::int64_t offset, std::span<char> out) const;
    // Whether `path` leads to the same file.
    [[nodiscard]] bool is_same_as(const std::string& path) const;

  private:
    void copy_to_temporary_file();
    [[noreturn]] void fail(std::string_view doing) const;

    std::string name_;
    bool has_name_;
    int descriptor_ = -1;
    std::int64_t size_ = 0;
};

// A place between two lines.
struct Position {
    std::int64_t bytes = 0, lines = 0;  // before it
};

// Longer ones are refused: the same limit as for the body of a request.
inline constexpr std::size_t max_line_bytes = 64 * 1024;

struct Line {
    std::string text;  // with its end; only the beginning if it is too long
    std::int64_t number = 0;
    bool is_too_long = false;
    Position end;
};

class LineReader {
  public:
    // The file must outlive it.
    LineReader(const InputFile& file, Position from);
    // nullopt at the end. A byte order mark at the beginning of the file is left out. Throws InputError.
    [[nodiscard]] std::optional<Line> next();

  private:
    [[nodiscard]] bool read_more();

    const InputFile& file_;
    Position position_;
    std::string buffer_;
    std::size_t used_ = 0;
    std::int64_t read_;  // bytes of the file before the end of the buffer
};

// Digests of the file's beginnings, each longer than the one before.
class PrefixDigest {
  public:
    explicit PrefixDigest(const InputFile& file);
    ~PrefixDigest();
    // In hexadecimal, of the first `bytes` bytes. Throws InputError.
    [[nodiscard]] std::string of(std::int64_t bytes);

  private:
    struct State;
    const InputFile& file_;
    std::unique_ptr<State> state_;
    std::int64_t done_ = 0;
};

}  // namespace stagedoor::tickets
