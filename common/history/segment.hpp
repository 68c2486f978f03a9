// A segment: a file with the events that a service published in some period, in order. It never changes.
//
// It is a Zstandard file: `zstd -dc` prints its events, an envelope with its position per line. Before them,
// in a frame that decompressors skip, are two lines: the header as JSON, and the header's digest. The header
// has the digest of the compressed events and that of the segment before it, so the digest of the last
// segment stands for all of them. Digests are BLAKE2b, 256 bits in hexadecimal.
#pragma once

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "common/bus/bus.hpp"

namespace stagedoor::history {

using Entry = bus::Log::Entry;

struct EntityCount {
    std::string entity;  // "order"
    std::int64_t events = 0;
    bool operator==(const EntityCount&) const = default;
};
BOOST_DESCRIBE_STRUCT(EntityCount, (), (entity, events))

struct SegmentHeader {
    std::int64_t format = 1;
    std::string service;
    std::int64_t number = 0;  // counted from 1 within the service
    std::int64_t first_position = 0, last_position = 0, events = 0;
    Instant first_time, last_time;
    std::vector<EntityCount> entities;
    std::string previous;       // digest of the segment before it; empty for the first
    std::string content;        // digest of the compressed events
    std::int64_t text_bytes{};  // of the events before compression
    bool operator==(const SegmentHeader&) const = default;
};
BOOST_DESCRIBE_STRUCT(SegmentHeader, (),
                      (format, service, number, first_position, last_position, events, first_time, last_time,
                       entities, previous, content, text_bytes))

// Says what is wrong with a file: "is cut off after 12 bytes".
struct SegmentError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct PackedSegment {
    SegmentHeader header;
    std::string digest;
    std::string bytes;  // of the file
    // "orders/00000001-2026-08-6c1f….jsonl.zst": by service, number, month and digest.
    [[nodiscard]] std::string name() const;
};

// The number in a segment's name; nullopt for the name of anything else.
[[nodiscard]] std::optional<std::int64_t> number_in(std::string_view name);

// `entries` must not be empty, and be in order of their positions.
[[nodiscard]] PackedSegment pack(const std::string& service, std::int64_t number, std::string previous,
                                 std::span<const Entry> entries);

struct Segment {
    SegmentHeader header;
    std::string digest;
    std::vector<Entry> entries;
};

// Checks everything that the file says about itself. Throws SegmentError.
[[nodiscard]] Segment unpack(std::string_view bytes);

// "2026-08", in UTC. Texts compare as months do.
[[nodiscard]] std::string month_of(Instant time);

}  // namespace stagedoor::history
