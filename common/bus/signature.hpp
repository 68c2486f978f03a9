// Signatures of events in transit, so that neither the broker nor another of its users can forge an event of
// a service that signs. Ed25519, by libsodium, over the exact bytes of the envelope.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stagedoor::bus {

// As text: 64 hexadecimal digits.
class EventPublicKey {
  public:
    [[nodiscard]] static std::optional<EventPublicKey> parse(std::string_view text);
    [[nodiscard]] std::string text() const;
    // Never throws, whatever the arguments are.
    [[nodiscard]] bool verifies(std::string_view envelope, std::string_view signature) const;
    bool operator==(const EventPublicKey&) const = default;

  private:
    friend class EventKey;
    std::array<unsigned char, 32> bytes_{};
};

// The private key of a service that publishes. As text: the 64 hexadecimal digits of its seed, which may be
// any 32 random bytes.
class EventKey {
  public:
    [[nodiscard]] static std::optional<EventKey> parse(std::string_view text);
    [[nodiscard]] EventPublicKey public_key() const;
    // 86 characters of base64url.
    [[nodiscard]] std::string sign(std::string_view envelope) const;

  private:
    std::array<unsigned char, 64> bytes_{};  // libsodium's form: seed and public key
};

struct EventKeys {
    // Of the services of this process that sign what they publish.
    std::map<std::string, EventKey, std::less<>> signing;
    // By source. Events of a source that has some are rejected unless one of its keys verifies them; two
    // allow a key to be replaced.
    std::map<std::string, std::vector<EventPublicKey>, std::less<>> trusted;

    // Empty if `service` does not sign.
    [[nodiscard]] std::string sign(std::string_view service, std::string_view envelope) const;
    // What is wrong with the signature of an event of `source`; empty: nothing.
    [[nodiscard]] std::string problem_with(std::string_view source, std::string_view envelope,
                                           std::string_view signature) const;
};

}  // namespace stagedoor::bus
