#include "simulation/world/trace.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace stagedoor::simulation {

// FNV-1a.
void Trace::add_bytes(std::string_view bytes) {
    for (auto byte : bytes) hash_ = (hash_ ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
}

void Trace::add(std::uint64_t number) {
    hash_ = (hash_ ^ number) * 0x100000001b3;
    hash_ ^= hash_ >> 29;
}

void Trace::add(std::chrono::microseconds time, std::string_view source, std::string_view text) {
    add_bytes(source);
    add_bytes(text);
    add(static_cast<std::uint64_t>(time.count()));
    annotate(time, source, text);
}

void Trace::annotate(std::chrono::microseconds time, std::string_view source, std::string_view text) {
    if (!keeps_text()) return;
    auto line = fmt::format("{:>11.6f} {:<16} {}", static_cast<double>(time.count()) / 1e6, source, text);
    if (prints_) {
        std::fputs(line.c_str(), stdout);
        std::fputc('\n', stdout);
    }
    lines_.push_back(std::move(line));
    if (lines_.size() > max_lines_) lines_.pop_front();
}

}  // namespace stagedoor::simulation
