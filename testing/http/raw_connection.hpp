// HTTP as nobody should speak it: exactly these bytes, at this pace.
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

    // False when the other side no longer takes it.
    bool send(std::string_view bytes);
    // The next answer; throws NoAnswer when none comes within `limit` or the connection ends first.
    [[nodiscard]] Reply read(std::chrono::milliseconds limit = std::chrono::seconds{15});
    // Whether the other side closes within `limit`; what it says until then is thrown away.
    [[nodiscard]] bool is_closed_within(std::chrono::milliseconds limit);

  private:
    enum class Read { some, nothing, end };
    [[nodiscard]] Read read_some(std::chrono::steady_clock::time_point deadline);

    int socket_ = -1;
    std::string input_;
};

}  // namespace stagedoor::testing
