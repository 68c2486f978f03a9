// Writes docs/asyncapi.json and docs/schemas: `stagedoor-describe [ROOT]`, by default in the folder it is started in.

#include <fstream>
#include <iostream>

#include "apps/describe/documents.hpp"

int main(int argc, char** argv) {
    using namespace stagedoor;
    std::filesystem::path root = argc > 1 ? argv[1] : ".";
    if (argc > 2 || !std::filesystem::exists(root / "contracts" / "event_of.hpp")) {
        std::cerr << "usage: stagedoor-describe [ROOT]; ROOT is the folder with contracts/ and docs/\n";
        return 2;
    }
    try {
        auto documents = describe::documents(root);
        std::filesystem::remove_all(root / "docs" / "schemas");
        std::filesystem::create_directories(root / "docs" / "schemas");
        for (const auto& [name, text] : documents) {
            std::ofstream file{root / "docs" / name};
            file.exceptions(std::ofstream::failbit | std::ofstream::badbit);
            file << text << std::flush;
        }
        std::cout << documents.size() << " documents in " << (root / "docs").string() << "\n";
    } catch (const std::exception& error) {
        std::cerr << "stagedoor-describe: " << error.what() << "\n";
        return 1;
    }
}
