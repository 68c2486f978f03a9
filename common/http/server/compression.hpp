// Whether to compress an answer, and gzip itself.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "common/http/message.hpp"

namespace stagedoor::http {

// Accept-Encoding with its q-values: is gzip welcome, and no less so than the plain text?
[[nodiscard]] bool accepts_gzip(std::string_view accept_encoding);

// Would it be smaller, and may it be changed? Says nothing of what the client accepts.
[[nodiscard]] bool worth_compressing(const Response& response);

// Compresses, and remembers what it compressed twice: landing pages and lists repeat. For one thread.
class Compressor {
  public:
    Compressor();
    ~Compressor();
    Compressor(const Compressor&) = delete;
    Compressor& operator=(const Compressor&) = delete;

    // `hash` is any good hash of `text`; equal hashes of different texts cost time, nothing else.
    [[nodiscard]] std::string gzip(const std::string& text, std::uint64_t hash);

    [[nodiscard]] std::size_t remembered() const { return pages_.size(); }

  private:
    struct Page {
        std::uint64_t hash;
        std::string text;
        std::string compressed;
    };
    struct Stream;

    [[nodiscard]] bool seen_before(std::uint64_t hash);
    void remember(Page page);

    std::unique_ptr<Stream> stream_;  // 256 KiB that need not be set up anew for each answer
    std::list<Page> pages_;           // the last used in front
    std::size_t remembered_bytes_ = 0;
    std::vector<std::uint64_t> seen_;  // by their last bits: what came once isn't worth its place in pages_
};

}  // namespace stagedoor::http
