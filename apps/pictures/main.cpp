// Decodes one picture, which may have been made to take over its decoder: a process that has nothing to
// take. common/pictures/protocol.hpp says what it reads and writes.
#include <unistd.h>

#include <cstdlib>
#include <iterator>
#include <string>

#include "apps/pictures/render.hpp"
#include "apps/pictures/sandbox.hpp"

namespace {

std::string read_all() {
    constexpr std::size_t max_input = 12 << 20, piece = 1 << 16;
    std::string text;
    for (;;) {
        auto size = text.size();
        text.resize(size + piece);
        auto count = ::read(STDIN_FILENO, text.data() + size, piece);
        text.resize(size + static_cast<std::size_t>(count > 0 ? count : 0));
        if (count <= 0 || text.size() > max_input) return text;
    }
}

void write_all(std::string_view text) {
    while (!text.empty()) {
        auto count = ::write(STDOUT_FILENO, text.data(), text.size());
        if (count <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(count));
    }
}

}  // namespace

int main(int, char** arguments) {
    using namespace stagedoor::pictures;
    protocol::Response response;
    try {
        limit_resources();
        prepare(arguments[0]);
        lock_in();
        auto request = protocol::read_request(read_all());
        if (!request) throw Refused("not a request");
        response = render(*request);
    } catch (const Refused& refused) {
        response.refused = refused.what();
    } catch (const std::exception& error) {
        write_all(protocol::to_text({.refused = std::string{protocol::failed} + error.what()}));
        return EXIT_FAILURE;
    }
    write_all(protocol::to_text(response));
    ::_exit(EXIT_SUCCESS);  // what the libraries would do at their end is no longer allowed
}
