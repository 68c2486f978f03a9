#include "services/tickets/import/input_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "common/text/hex.hpp"
#include "common/text/utf8.hpp"
#include "common/text/visible.hpp"

namespace stagedoor::tickets {
namespace {

constexpr std::size_t piece_bytes = 256 * 1024;
constexpr std::size_t max_shown_bytes = 40;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

std::string name_of(const std::string& path) {
    if (path == "-") return "standard input";
    return shown(std::filesystem::path{path}.filename().string());
}

}  // namespace

std::string shown(std::string_view text) {
    std::string known;
    for (auto rest = text.substr(0, 2 * max_shown_bytes); !rest.empty();) {
        auto length = text::sequence_length(rest);
        known += length == 0 ? std::string_view{"?"} : rest.substr(0, length);
        rest.remove_prefix(std::max<std::size_t>(length, 1));
    }
    auto visible = text::without_hidden(known);
    std::ranges::replace_if(visible, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
    auto part = std::string{text::prefix(visible, max_shown_bytes)};
    return part.size() < visible.size() || text.size() > 2 * max_shown_bytes ? part + "…" : part;
}

InputFile::InputFile(const std::string& path) : name_(name_of(path)), has_name_(path != "-") {
    descriptor_ = path == "-" ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor_ < 0) fail("can't open");
    try {
        struct stat found{};
        if (::fstat(descriptor_, &found) != 0) fail("can't read");
        if (S_ISDIR(found.st_mode)) throw InputError(name_ + " is a directory");
        if (S_ISREG(found.st_mode))
            size_ = found.st_size;
        else
            copy_to_temporary_file();
        std::array<char, 2> first{};
        auto length = read(0, first);
        if (length == 0) throw InputError(name_ + " is empty");
        std::string_view mark{first.data(), length};
        if (mark == "\xFF\xFE" || mark == "\xFE\xFF")
            throw InputError(name_ + " is in UTF-16; save it as UTF-8");
    } catch (...) {
        ::close(descriptor_);
        throw;
    }
}

InputFile::~InputFile() { ::close(descriptor_); }

void InputFile::fail(std::string_view doing) const {
    throw InputError(fmt::format("{} {}: {}", doing, name_, std::strerror(errno)));
}

void InputFile::copy_to_temporary_file() {
    auto folder = std::filesystem::temp_directory_path();  // TMPDIR
    auto copy = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (copy < 0) fail(fmt::format("can't create a file in {} for", folder.string()));
    auto source = std::exchange(descriptor_, copy);
    std::vector<char> piece(piece_bytes);
    auto copied = [&]() -> bool {
        auto length = ::read(source, piece.data(), piece.size());
        if (length < 0) fail("can't read");
        for (std::string_view rest{piece.data(), static_cast<std::size_t>(length)}; !rest.empty();) {
            auto written = ::write(copy, rest.data(), rest.size());
            if (written < 0) fail(fmt::format("can't write to {} a copy of", folder.string()));
            rest.remove_prefix(static_cast<std::size_t>(written));
            size_ += written;
        }
        return length > 0;
    };
    try {
        while (copied()) {
        }
    } catch (...) {
        ::close(source);
        throw;
    }
    ::close(source);
}

std::size_t InputFile::read(std::int64_t offset, std::span<char> out) const {
    // What is added to it meanwhile belongs to the next import.
    out = out.first(std::min<std::size_t>(
        out.size(), static_cast<std::size_t>(std::max<std::int64_t>(0, size_ - offset))));
    std::size_t length = 0;
    while (length < out.size()) {
        auto piece = out.subspan(length);
        auto count =
            ::pread(descriptor_, piece.data(), piece.size(), offset + static_cast<std::int64_t>(length));
        if (count < 0) {
            if (errno == EINTR) continue;
            fail("can't read");
        }
        if (count == 0) break;
        length += static_cast<std::size_t>(count);
    }
    return length;
}

bool InputFile::is_same_as(const std::string& path) const {
    struct stat own{}, other{};
    return ::fstat(descriptor_, &own) == 0 && ::stat(path.c_str(), &other) == 0 &&
           own.st_dev == other.st_dev && own.st_ino == other.st_ino;
}

LineReader::LineReader(const InputFile& file, Position from)
    : file_(file), position_(from), read_(from.bytes) {
    if (from.bytes > 0) return;
    (void)read_more();
    if (!buffer_.starts_with(byte_order_mark)) return;
    used_ = byte_order_mark.size();
    position_.bytes = static_cast<std::int64_t>(used_);
}

// Drops what has been used.
bool LineReader::read_more() {
    buffer_.erase(0, std::exchange(used_, 0));
    auto known = buffer_.size();
    buffer_.resize(known + piece_bytes);
    auto length = file_.read(read_, std::span{buffer_}.subspan(known));
    buffer_.resize(known + length);
    read_ += static_cast<std::int64_t>(length);
    return length > 0;
}

std::optional<Line> LineReader::next() {
    Line line;
    for (std::size_t searched = 0;;) {
        auto end = buffer_.find('\n', used_ + searched);
        auto is_found = end != std::string::npos;
        auto length = (is_found ? end + 1 : buffer_.size()) - used_;
        // Of a line that is too long only its beginning is kept.
        if (line.is_too_long || length > max_line_bytes) {
            if (!line.is_too_long) line.text = buffer_.substr(used_, max_line_bytes);
            line.is_too_long = true;
            used_ += length;
            position_.bytes += static_cast<std::int64_t>(length);
            length = 0;
        }
        searched = length;
        if (!is_found && read_more()) continue;
        if (!line.is_too_long) {
            if (length == 0) return std::nullopt;
            line.text = buffer_.substr(used_, length);
            used_ += length;
            position_.bytes += static_cast<std::int64_t>(length);
        }
        line.number = ++position_.lines;
        line.end = position_;
        return line;
    }
}

struct PrefixDigest::State {
    crypto_generichash_state hash;
};

PrefixDigest::PrefixDigest(const InputFile& file) : file_(file), state_(std::make_unique<State>()) {
    crypto_generichash_init(&state_->hash, nullptr, 0, crypto_generichash_BYTES);
}

PrefixDigest::~PrefixDigest() = default;

std::string PrefixDigest::of(std::int64_t bytes) {
    std::vector<char> piece(piece_bytes);
    while (done_ < bytes) {
        auto wanted = std::min<std::size_t>(piece.size(), static_cast<std::size_t>(bytes - done_));
        auto length = file_.read(done_, std::span{piece}.first(wanted));
        if (length == 0) throw InputError(file_.name() + " has become shorter while it was read");
        crypto_generichash_update(&state_->hash, reinterpret_cast<const unsigned char*>(piece.data()),
                                  length);
        done_ += static_cast<std::int64_t>(length);
    }
    auto so_far = state_->hash;
    std::array<std::byte, crypto_generichash_BYTES> digest{};
    crypto_generichash_final(&so_far, reinterpret_cast<unsigned char*>(digest.data()), digest.size());
    return text::to_hex(digest);
}

}  // namespace stagedoor::tickets
