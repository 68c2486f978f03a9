#include "services/admissions/door.hpp"

#include "services/admissions/code/ticket_code.hpp"

namespace stagedoor::admissions {
namespace {

// Longer than any event's doors, short enough that a forgotten link ends.
constexpr std::chrono::days max_door_lifetime{366};
constexpr std::size_t max_code_length = 400;

void check_serial(const std::string& serial, json::Reading& reading) {
    if (!code::serial_from_hex(serial)) reading.add_error_at("serial", "must be 16 hexadecimal digits"_text);
}

}  // namespace

void check(const NewDoor& door, json::Reading& reading) {
    if (!door.expires_at) return;
    if (*door.expires_at <= reading.now) reading.add_error_at("expiresAt", "must be in the future"_text);
    if (*door.expires_at > reading.now + max_door_lifetime)
        reading.add_error_at("expiresAt", "must be within a year"_text);
}

void check(const NewScan& scan, json::Reading& reading) {
    if (scan.action == Action::undo) {
        if (!scan.undoes) reading.add_error_at("undoes", "is missing"_text);
        if (scan.code) reading.add_error_at("code", "cannot be combined with undo"_text);
        if (scan.serial) reading.add_error_at("serial", "cannot be combined with undo"_text);
        return;
    }
    if (scan.undoes) reading.add_error_at("undoes", "is for the action undo"_text);
    if (scan.code && scan.serial) reading.add_error_at("serial", "cannot be combined with code"_text);
    if (!scan.code && !scan.serial) reading.add_error_at("code", "is missing"_text);
    if (scan.code && scan.code->size() > max_code_length)
        reading.add_error_at(
            "code", "must have at most {count, plural, one {# character} other {# characters}}"_text.with(
                        "count", max_code_length));
    if (scan.serial) check_serial(*scan.serial, reading);
}

void check(const UploadedScan& scan, json::Reading& reading) { check_serial(scan.serial, reading); }

}  // namespace stagedoor::admissions
