// Randomness as a parameter, and ids made from it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>

#include "contracts/instant.hpp"

namespace stagedoor::runtime {

// Any thread may call it.
class Random {
  public:
    virtual ~Random() = default;
    virtual void fill(std::span<std::byte> bytes) = 0;

    // `bytes` random bytes as twice as many lowercase hexadecimal digits: request ids, trace ids.
    [[nodiscard]] std::string hex(std::size_t bytes);
    // Uniform in [0, bound).
    [[nodiscard]] std::uint64_t below(std::uint64_t bound);
};

// Cryptographically secure (libsodium).
class SystemRandom final : public Random {
  public:
    void fill(std::span<std::byte> bytes) override;
};

// Reproducible from its seed, for tests and the simulator.
class SeededRandom final : public Random {
  public:
    explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
    void fill(std::span<std::byte> bytes) override;

  private:
    std::mutex mutex_;
    std::mt19937_64 engine_;
};

// The highest number of a cell (docs/decisions/0045-cells.md). The lowest is 1; 0 stands for no cell.
inline constexpr int max_cell = 4095;

// A UUIDv7 (RFC 9562): its first 48 bits are the time in milliseconds, so ids sort by creation time. The 12
// bits after the version are the number of the cell that makes it; random if there is none.
[[nodiscard]] std::string new_uuid(Random& random, Instant now, int cell = 0);

// These 12 bits of a UUIDv7 in lowercase; nullopt for any other text.
[[nodiscard]] std::optional<int> uuid_cell(std::string_view uuid);

// The creation time of a UUIDv7 in lowercase; nullopt for any other text.
[[nodiscard]] std::optional<Instant> uuid_time(std::string_view uuid);

}  // namespace stagedoor::runtime
