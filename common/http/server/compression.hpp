// gzip: when to compress a response, and the compression itself.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "common/http/message.hpp"

namespace stagedoor::http {

// Whether compression would make it smaller and is allowed; independent of what the client accepts.
[[nodiscard]] bool worth_compressing(const Response& response);

// Compresses, and caches what it has compressed twice: landing pages and lists repeat. For one thread.
class Compressor {
  public:
    Compressor();
    ~Compressor();
    Compressor(const Compressor&) = delete;
    Compressor& operator=(const Compressor&) = delete;

    // `hash` is any good hash of `text`; a collision costs time, nothing else.
    [[nodiscard]] std::string gzip(const std::string& text, std::uint64_t hash);

    [[nodiscard]] std::size_t cached() const { return pages_.size(); }

  private:
    struct Page {
        std::uint64_t hash;
        std::string text;
        std::string compressed;
    };
    struct Stream;

    [[nodiscard]] bool seen_before(std::uint64_t hash);
    void cache(Page page);

    std::unique_ptr<Stream> stream_;  // 256 KiB, reused for all responses
    std::list<Page> pages_;           // most recently used first
    std::size_t cached_bytes_ = 0;
    std::vector<std::uint64_t> seen_;  // hashes by their last bits: content seen once is not worth caching
};

}  // namespace stagedoor::http
