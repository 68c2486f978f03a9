// Linked into the tests that run under the thread sanitizer.

#if __has_feature(thread_sanitizer)
// libstdc++ counts the owners of an exception in its own, uninstrumented code, so the thread sanitizer takes
// the last owner's delete for a race with what another owner read before.
extern "C" const char* __tsan_default_suppressions() {
    return "race:std::__exception_ptr::exception_ptr::_M_release\n"
           "race:std::runtime_error::~runtime_error\n";
}
#endif
