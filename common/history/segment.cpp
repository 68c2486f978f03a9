#include "common/history/segment.hpp"

#include <fmt/format.h>
#include <zstd.h>

#include <charconv>
#include <map>
#include <utility>

#include "common/bus/envelope.hpp"
#include "common/json/read.hpp"
#include "common/json/write.hpp"
#include "common/language/message.hpp"
#include "common/text/digest.hpp"

namespace stagedoor::history {
namespace {

constexpr std::uint32_t skippable_frame = 0x184D2A50;
constexpr std::size_t frame_head_bytes = 8;
constexpr int compression_level = 3;                // higher ones take far longer for a few percent
constexpr std::int64_t max_text_bytes = 1LL << 28;  // far more than pack() gets; a limit for damaged files
constexpr std::string_view position_member = R"({"position":)";
constexpr std::string_view line_end = "}\n";
constexpr std::size_t digits_in_name = 16;

std::string digest_of(std::string_view bytes) {
    constexpr std::size_t size = 32;
    return text::digest(bytes, size);
}

void append_little_endian(std::string& bytes, std::uint32_t number) {
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>((number >> shift) & 0xff);
}

std::uint32_t little_endian(std::string_view bytes) {
    std::uint32_t number = 0;
    for (int i = 3; i >= 0; --i) number = number << 8 | static_cast<unsigned char>(bytes[std::size_t(i)]);
    return number;
}

std::string compress(std::string_view text) {
    std::string compressed(ZSTD_compressBound(text.size()), '\0');
    auto size =
        ZSTD_compress(compressed.data(), compressed.size(), text.data(), text.size(), compression_level);
    if (ZSTD_isError(size)) throw std::runtime_error(std::string{"zstd: "} + ZSTD_getErrorName(size));
    compressed.resize(size);
    return compressed;
}

std::string decompress(std::string_view compressed, std::int64_t text_bytes) {
    if (text_bytes < 1 || text_bytes > max_text_bytes) throw SegmentError("states an impossible size");
    std::string text(static_cast<std::size_t>(text_bytes), '\0');
    auto size = ZSTD_decompress(text.data(), text.size(), compressed.data(), compressed.size());
    if (ZSTD_isError(size) || size != text.size())
        throw SegmentError("has events that can't be decompressed");
    return text;
}

// The envelope, with the position as its first member.
void append_line(std::string& text, const Entry& entry) {
    text += position_member;
    text += std::to_string(entry.position);
    text += ',';
    text.append(bus::to_envelope(entry.event), 1);
    text += '\n';
}

// Takes the data as they were published, byte for byte.
Entry read_line(std::string_view line) {
    auto event = bus::from_envelope(line);
    if (!event) throw SegmentError("has an event that can't be read: " + event.error());
    Entry entry{0, std::move(*event)};
    if (line.starts_with(position_member)) {
        auto digits = line.substr(position_member.size());
        std::from_chars(digits.data(), digits.data() + digits.size(), entry.position);
    }
    auto parsed = std::exchange(entry.event.data, "");
    std::string without_data;
    append_line(without_data, entry);
    auto begin = without_data.substr(0, without_data.size() - line_end.size());
    entry.event.data = line.starts_with(begin) ? line.substr(begin.size(), line.size() - begin.size() - 1)
                                               : std::string_view{parsed};
    return entry;
}

std::vector<Entry> read_lines(std::string_view text, std::size_t expected) {
    std::vector<Entry> entries;
    entries.reserve(std::min(expected, text.size()));
    while (!text.empty()) {
        auto end = text.find('\n');
        if (end == std::string_view::npos) throw SegmentError("ends within an event");
        entries.push_back(read_line(text.substr(0, end)));
        text.remove_prefix(end + 1);
    }
    return entries;
}

std::vector<EntityCount> count_entities(std::span<const Entry> entries) {
    std::map<std::string, std::int64_t, std::less<>> counts;
    for (const auto& entry : entries) ++counts[entry.event.entity()];
    std::vector<EntityCount> result;
    for (auto& [entity, events] : counts) result.push_back({entity, events});
    return result;
}

void check_entries(const SegmentHeader& header, std::span<const Entry> entries) {
    if (std::cmp_not_equal(entries.size(), header.events))
        throw SegmentError(fmt::format("has {} events instead of {}", entries.size(), header.events));
    if (entries.empty() || entries.front().position != header.first_position ||
        entries.back().position != header.last_position)
        throw SegmentError("has other positions than it states");
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (i > 0 && entries[i].position <= entries[i - 1].position)
            throw SegmentError(
                fmt::format("has position {} after {}", entries[i].position, entries[i - 1].position));
        if (entries[i].event.source != header.service)
            throw SegmentError("has an event of " + entries[i].event.source);
    }
    if (count_entities(entries) != header.entities)
        throw SegmentError("has other numbers of events than it states");
}

}  // namespace

std::string month_of(Instant time) { return time.to_text().substr(0, std::string_view{"2026-08"}.size()); }

std::string PackedSegment::name() const {
    return fmt::format("{}/{:08}-{}-{}.jsonl.zst", header.service, header.number, month_of(header.first_time),
                       digest.substr(0, digits_in_name));
}

std::optional<std::int64_t> number_in(std::string_view name) {
    name.remove_prefix(std::min(name.find('/') + 1, name.size()));
    std::int64_t number = 0;
    auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    auto is_number = error == std::errc{} && end != name.data() + name.size() && *end == '-';
    return is_number ? std::optional{number} : std::nullopt;
}

PackedSegment pack(const std::string& service, std::int64_t number, std::string previous,
                   std::span<const Entry> entries) {
    std::string text;
    for (const auto& entry : entries) append_line(text, entry);
    auto compressed = compress(text);
    PackedSegment packed{.header = {.service = service,
                                    .number = number,
                                    .first_position = entries.front().position,
                                    .last_position = entries.back().position,
                                    .events = static_cast<std::int64_t>(entries.size()),
                                    .first_time = entries.front().event.time,
                                    .last_time = entries.back().event.time,
                                    .entities = count_entities(entries),
                                    .previous = std::move(previous),
                                    .content = digest_of(compressed),
                                    .text_bytes = static_cast<std::int64_t>(text.size())},
                         .digest = {},
                         .bytes = {}};
    auto line = json::to_json(packed.header);
    packed.digest = digest_of(line);
    auto lines = line + "\n" + packed.digest + "\n";
    append_little_endian(packed.bytes, skippable_frame);
    append_little_endian(packed.bytes, static_cast<std::uint32_t>(lines.size()));
    packed.bytes += lines + compressed;
    return packed;
}

Segment unpack(std::string_view bytes) {
    if (bytes.size() < frame_head_bytes || little_endian(bytes) != skippable_frame)
        throw SegmentError(bytes.empty() ? "is empty" : "is not a segment");
    std::size_t size = little_endian(bytes.substr(4));
    if (size > bytes.size() - frame_head_bytes)
        throw SegmentError(fmt::format("is cut off after {} bytes", bytes.size()));
    auto lines = bytes.substr(frame_head_bytes, size);
    auto compressed = bytes.substr(frame_head_bytes + size);
    auto end = lines.find('\n');
    if (end == std::string_view::npos) throw SegmentError("has no header");
    auto line = lines.substr(0, end);
    auto digest = digest_of(line);
    if (lines.substr(end + 1) != digest + "\n")
        throw SegmentError("has a damaged header: its digest does not match");
    auto header = json::read<SegmentHeader>(line);
    if (!header)
        throw SegmentError("has a header that can't be read: " +
                           language::to_text(header.error().front().message));
    if (header->format != 1)
        throw SegmentError(fmt::format("has format {}, which this version does not know", header->format));
    if (digest_of(compressed) != header->content)
        throw SegmentError("has damaged events: their digest does not match");
    auto entries = read_lines(decompress(compressed, header->text_bytes),
                              static_cast<std::size_t>(std::max<std::int64_t>(header->events, 0)));
    check_entries(*header, entries);
    return {std::move(*header), std::move(digest), std::move(entries)};
}

}  // namespace stagedoor::history
