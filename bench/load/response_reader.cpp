#include "bench/load/response_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>
#include <utility>

namespace stagedoor::load {
namespace {

constexpr std::size_t min_free_bytes = 4 * 1024;
constexpr std::size_t max_response_bytes = 16 * 1024 * 1024;  // pages have some 20 KB

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

std::size_t number(std::string_view text) {
    std::size_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) {
        throw MalformedResponse{"invalid length: " + std::string{text.substr(0, 40)}};
    }
    return value;
}

int status_of(std::string_view head) {
    if (head.size() < 12 || !head.starts_with("HTTP/1.") || head[8] != ' ') {
        throw MalformedResponse{"invalid status line: " + std::string{head.substr(0, 40)}};
    }
    auto status = number(head.substr(9, 3));
    if (status < 100 || status > 599) throw MalformedResponse{"invalid status: " + std::to_string(status)};
    return static_cast<int>(status);
}

bool has_no_body(int status) { return status < 200 || status == 204 || status == 304; }

}  // namespace

std::optional<std::string_view> header(std::string_view head, std::string_view name) {
    auto line_end = head.find("\r\n");
    while (line_end != std::string_view::npos) {
        auto line_begin = line_end + 2;
        line_end = head.find("\r\n", line_begin);
        auto line =
            head.substr(line_begin, line_end == std::string_view::npos ? line_end : line_end - line_begin);
        if (line.size() > name.size() && line[name.size()] == ':' &&
            equal_ignoring_case(line.substr(0, name.size()), name)) {
            return trimmed(line.substr(name.size() + 1));
        }
    }
    return std::nullopt;
}

std::span<char> ResponseReader::free_space() {
    if (begin_ == end_) begin_ = end_ = 0;
    if (buffer_.size() - end_ < min_free_bytes && begin_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    if (buffer_.size() - end_ < min_free_bytes) {
        if (buffer_.size() >= max_response_bytes) throw MalformedResponse{"response too long"};
        buffer_.resize(buffer_.size() * 2);
    }
    return {buffer_.data() + end_, buffer_.size() - end_};
}

void ResponseReader::received(std::size_t bytes) { end_ += bytes; }

void ResponseReader::reset() { begin_ = end_ = scanned_ = head_size_ = 0; }

std::optional<Response> ResponseReader::next() {
    do {
        if (head_size_ == 0 && !read_head()) return std::nullopt;
        if (status_ < 200)
            begin_ += std::exchange(head_size_, 0);  // an interim response precedes the final one
    } while (head_size_ == 0);

    if (end_ - begin_ < head_size_ + body_size_) return std::nullopt;
    const char* response = buffer_.data() + begin_;
    begin_ += head_size_ + body_size_;
    auto head_size = std::exchange(head_size_, 0);
    return Response{status_, {response, head_size}, {response + head_size, body_size_}, closes_};
}

bool ResponseReader::read_head() {
    std::string_view all{buffer_.data() + begin_, end_ - begin_};
    auto blank_line = all.find("\r\n\r\n", scanned_);
    if (blank_line == std::string_view::npos) {
        scanned_ = all.size() < 3 ? 0 : all.size() - 3;
        return false;
    }
    scanned_ = 0;
    auto head = all.substr(0, blank_line + 4);
    status_ = status_of(head);
    auto connection = header(head, "connection");
    closes_ = connection && equal_ignoring_case(*connection, "close");
    body_size_ = 0;
    if (!has_no_body(status_)) {
        auto length = header(head, "content-length");
        if (!length) throw MalformedResponse{"response without Content-Length"};
        body_size_ = number(*length);
        if (body_size_ > max_response_bytes) throw MalformedResponse{"response too long"};
    }
    head_size_ = head.size();
    return true;
}

}  // namespace stagedoor::load
