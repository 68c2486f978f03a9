// The security log: who did what, from where, and what was refused. Its lines are those of the log whose
// level is `security`, so that they can be routed by it; each is also counted, for alerts. No lowest level
// but `off` silences it. Addresses and user ids belong into it; email addresses, tokens and secrets never.
#pragma once

#include <array>
#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "common/runtime/log.hpp"
#include "common/runtime/metrics.hpp"

namespace stagedoor::security {

// docs/operations/security-log.md says what each means. In the log a `_` is a `-`.
enum class SecurityEvent {
    sign_in,
    sign_in_failed,
    lockout,
    sign_up,
    reset_requested,
    password_reset,
    password_changed,
    role_changed,
    session_ended,
    access_denied,
    rate_limited,
    admin_action,
    dead_letter_action,
    key_changed,
    event_refused,
    configuration
};
BOOST_DESCRIBE_ENUM(SecurityEvent, sign_in, sign_in_failed, lockout, sign_up, reset_requested, password_reset,
                    password_changed, role_changed, session_ended, access_denied, rate_limited, admin_action,
                    dead_letter_action, key_changed, event_refused, configuration)

// "sign-in-failed"
[[nodiscard]] std::string name_of(SecurityEvent event);

// Any thread.
class SecurityLog {
  public:
    explicit SecurityLog(runtime::Metrics& metrics);

    // Fields without a value are left out.
    void write(SecurityEvent event, std::span<const log::Field> fields) const;
    void write(SecurityEvent event, std::initializer_list<log::Field> fields) const {
        write(event, std::span{fields.begin(), fields.size()});
    }

  private:
    static constexpr auto count =
        boost::mp11::mp_size<boost::describe::describe_enumerators<SecurityEvent>>::value;
    std::array<runtime::Counter, count> counters_;
};

}  // namespace stagedoor::security
