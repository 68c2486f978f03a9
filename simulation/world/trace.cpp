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

void Trace::add(std::chrono::microseconds when, std::string_view who, std::string_view what) {
    add_bytes(who);
    add_bytes(what);
    add(static_cast<std::uint64_t>(when.count()));
    remark(when, who, what);
}

void Trace::remark(std::chrono::microseconds when, std::string_view who, std::string_view what) {
    if (!is_text_wanted()) return;
    auto line = fmt::format("{:>11.6f} {:<16} {}", static_cast<double>(when.count()) / 1e6, who, what);
    if (printed_) {
        std::fputs(line.c_str(), stdout);
        std::fputc('\n', stdout);
    }
    lines_.push_back(std::move(line));
    if (lines_.size() > most_) lines_.pop_front();
}

}  // namespace stagedoor::simulation
