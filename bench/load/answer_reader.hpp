// Reads HTTP/1.1 answers out of a byte stream, with as little work for each as will do: the status, the
// length, and whether the server closes. A library's parser would cost more than the rest of the generator.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace stagedoor::load {

// Views into the reader's buffer: gone at the next call to the reader.
struct Answer {
    int status = 0;
    std::string_view head;  // the status line and the header fields
    std::string_view body;
    bool closes = false;
};

struct MalformedAnswer : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The first field of that name, in any case, without the blanks around it.
std::optional<std::string_view> header(std::string_view head, std::string_view name);

class AnswerReader {
  public:
    // Where the next bytes go, never empty; received() says how many came.
    std::span<char> free_space();
    void received(std::size_t bytes);

    // The next answer that is there in full. Throws MalformedAnswer for what can't be read, chunked bodies
    // among it: the servers measured here say a length.
    std::optional<Answer> next();

    // Forgets everything: the connection is a new one.
    void reset();

  private:
    bool read_head();

    std::vector<char> buffer_ = std::vector<char>(8 * 1024);
    std::size_t begin_ = 0;      // of the answer being read
    std::size_t end_ = 0;        // of what was received
    std::size_t scanned_ = 0;    // up to here, from begin_, there is no end of the head
    std::size_t head_size_ = 0;  // 0: the head is not there in full
    std::size_t body_size_ = 0;
    int status_ = 0;
    bool closes_ = false;
};

}  // namespace stagedoor::load
