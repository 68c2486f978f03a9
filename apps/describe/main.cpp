// `stagedoor-describe [ROOT]` writes docs/asyncapi.json, docs/schemas, the table of settings in
// docs/operations.md and the users of the NATS servers, by default below the current folder.

#include <fstream>
#include <iostream>

#include "apps/describe/documents.hpp"
#include "apps/describe/files.hpp"
#include "apps/describe/nats_users.hpp"
#include "apps/describe/settings_table.hpp"

namespace {

void write_file(const std::filesystem::path& path, const std::string& text) {
    std::ofstream file{path};
    file.exceptions(std::ofstream::failbit | std::ofstream::badbit);
    file << text << std::flush;
}

}  // namespace

int main(int argc, char** argv) {
    using namespace stagedoor;
    std::filesystem::path root = argc > 1 ? argv[1] : ".";
    if (argc > 2 || !std::filesystem::exists(root / "contracts" / "events" / "event.hpp")) {
        std::cerr << "usage: stagedoor-describe [ROOT]; ROOT is the folder with contracts/ and docs/\n";
        return 2;
    }
    try {
        auto documents = describe::documents(root);
        std::filesystem::remove_all(root / "docs" / "schemas");
        std::filesystem::create_directories(root / "docs" / "schemas");
        for (const auto& [name, text] : documents) write_file(root / "docs" / name, text);
        auto operations = root / "docs" / "operations.md";
        write_file(operations, describe::with_settings_table(describe::read_file(operations)));
        write_file(root / describe::nats_users_file, describe::nats_users());
        std::cout << documents.size() << " documents, the table of settings and the NATS users written to "
                  << root.string() << "\n";
    } catch (const std::exception& error) {
        std::cerr << "stagedoor-describe: " << error.what() << "\n";
        return 1;
    }
}
