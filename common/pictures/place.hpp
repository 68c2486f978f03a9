// One of a limited number of places, held while a request is in progress.
#pragma once

#include <atomic>
#include <chrono>

#include "common/errors.hpp"

namespace stagedoor::pictures {

class Place {
  public:
    // Throws Unavailable, to be tried again after `retry_after`, if more than `limit` would be taken. `taken`
    // outlives it. Any thread.
    Place(std::atomic<int>& taken, int limit, std::chrono::seconds retry_after) : taken_(taken) {
        if (++taken_ <= limit) return;
        --taken_;
        throw Unavailable("Too many pictures at once. Please try again"_text, retry_after);
    }
    ~Place() { --taken_; }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

  private:
    std::atomic<int>& taken_;
};

}  // namespace stagedoor::pictures
