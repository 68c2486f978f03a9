// Pictures as objects in a bucket of S3, or of a server that speaks its protocol.
#pragma once

#include <atomic>

#include "common/outbound/outbound.hpp"
#include "common/pictures/s3_signature.hpp"
#include "common/pictures/store.hpp"
#include "common/runtime/clock.hpp"

namespace stagedoor::pictures {

struct S3Options {
    // Of endpoint and bucket, in path style: "https://s3.eu-central-1.amazonaws.com/pictures". is_bucket_url()
    // says whether it is one.
    std::string url;
    S3Credentials credentials;
    // Shorter than a gateway's timeout, so that the caller gets our error. The seven files of a picture are
    // written one after the other, within the 20 s that client waits.
    std::chrono::milliseconds read_timeout = std::chrono::seconds{4};
    std::chrono::milliseconds write_timeout = std::chrono::milliseconds{2500};
    int max_in_flight = 64;  // more get Unavailable: others use the transport, too
};

// http or https, a host, and a path: the bucket, perhaps with a prefix.
[[nodiscard]] bool is_bucket_url(std::string_view url);

class S3Store final : public Store {
  public:
    // The transport and the clock outlive it.
    S3Store(outbound::Transport& transport, const runtime::Clock& clock, S3Options options);

    [[nodiscard]] Task<> put(std::string name, std::string bytes) override;
    // Tries a second time if the first fails early.
    [[nodiscard]] Task<std::optional<std::string>> get(std::string name) override;
    [[nodiscard]] Task<> remove(std::string name) override;

  private:
    [[nodiscard]] Task<http::Response> send(http::Method method, const std::string& name, std::string body,
                                            std::chrono::milliseconds timeout);
    [[nodiscard]] Task<http::Response> write(http::Method method, const std::string& name, std::string body);

    outbound::Transport& transport_;
    const runtime::Clock& clock_;
    const S3Options options_;
    std::string origin_, host_, path_;
    std::atomic<int> in_flight_ = 0;
};

}  // namespace stagedoor::pictures
