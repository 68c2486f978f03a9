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

// A UUIDv7 (RFC 9562): its first 48 bits are the time in milliseconds, so ids sort by creation time.
[[nodiscard]] std::string new_uuid(Random& random, Instant now);

// The creation time of a UUIDv7 in lowercase; nullopt for any other text.
[[nodiscard]] std::optional<Instant> uuid_time(std::string_view uuid);

}  // namespace stagedoor::runtime
