// A raw connection to an HTTP server: the test decides which bytes are sent, and when.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "testing/http/client.hpp"

namespace stagedoor::testing {

class RawConnection {
  public:
    explicit RawConnection(std::uint16_t port);
    ~RawConnection();
    RawConnection(const RawConnection&) = delete;
    RawConnection& operator=(const RawConnection&) = delete;

    // False once the other side no longer accepts data.
    bool send(std::string_view bytes);
    // The next response. Throws NoResponse after `timeout` and when the connection ends first.
    [[nodiscard]] Response read(std::chrono::milliseconds timeout = std::chrono::seconds{15});
    // What comes up to the end of `text`, as it is on the wire. Throws NoResponse like read().
    std::string read_through(std::string_view text,
                             std::chrono::milliseconds timeout = std::chrono::seconds{15});
    // Whether the other side closes the connection within `timeout`. Discards what it sends until then.
    [[nodiscard]] bool is_closed_within(std::chrono::milliseconds timeout);

  private:
    enum class Read { some, nothing, end };
    [[nodiscard]] Read read_some(std::chrono::steady_clock::time_point deadline);
    void read_more(std::chrono::steady_clock::time_point deadline);

    int socket_ = -1;
    std::string input_;
};

}  // namespace stagedoor::testing
