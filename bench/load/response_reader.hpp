// Parses HTTP/1.1 responses from a byte stream with as little work as possible: status, length, and whether
// the server closes. A library's parser would cost more than the rest of the generator.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace stagedoor::load {

// Views into the reader's buffer, valid until the next call to the reader.
struct Response {
    int status = 0;
    std::string_view head;  // the status line and the header fields
    std::string_view body;
    bool closes = false;
};

struct MalformedResponse : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The first header field with this name, case-insensitive and trimmed.
std::optional<std::string_view> header(std::string_view head, std::string_view name);

class ResponseReader {
  public:
    // Where to put the next bytes; never empty. Report their number with received().
    std::span<char> free_space();
    void received(std::size_t bytes);

    // The next response, or nullopt while it is incomplete. Throws MalformedResponse for invalid input and
    // for chunked bodies, since the measured servers send Content-Length.
    std::optional<Response> next();

    // Starts over, for a new connection.
    void reset();

  private:
    bool read_head();

    std::vector<char> buffer_ = std::vector<char>(8 * 1024);
    std::size_t begin_ = 0;      // of the current response
    std::size_t end_ = 0;        // of the received bytes
    std::size_t scanned_ = 0;    // bytes after begin_ known to contain no end of the head
    std::size_t head_size_ = 0;  // 0: the head is incomplete
    std::size_t body_size_ = 0;
    int status_ = 0;
    bool closes_ = false;
};

}  // namespace stagedoor::load
