// Randomness as a parameter, and the ids that are made of it.
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

    // 16 random bytes as 32 hexadecimal digits: request ids, trace ids.
    [[nodiscard]] std::string hex(std::size_t bytes);
    // Uniform in [0, bound).
    [[nodiscard]] std::uint64_t below(std::uint64_t bound);
};

// The operating system's, fit for secrets.
class SystemRandom final : public Random {
  public:
    void fill(std::span<std::byte> bytes) override;
};

// The same bytes for the same seed: tests and the simulator.
class SeededRandom final : public Random {
  public:
    explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
    void fill(std::span<std::byte> bytes) override;

  private:
    std::mutex mutex_;
    std::mt19937_64 engine_;
};

// A UUIDv7 (RFC 9562): its first 48 bits are the time, so ids sort by when they were made.
[[nodiscard]] std::string new_uuid(Random& random, Instant now);

// When a UUIDv7 was made; nullopt for any other text.
[[nodiscard]] std::optional<Instant> uuid_time(std::string_view uuid);

}  // namespace stagedoor::runtime
