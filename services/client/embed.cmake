# Writes OUTPUT, a C++ file that holds the text of every one of FILES (relative to FOLDER): the program needs no files
# beside it. Generated rather than #embed-ded, since ccache 4.7 does not see what #embed reads and would keep old pages.
separate_arguments(FILES)
set(text "// Made by embed.cmake; not to be edited.\n#include \"services/client/assets.hpp\"\n\nnamespace stagedoor::client {\n\n")
string(APPEND text "std::vector<Asset> embedded_assets() {\n    return {\n")
foreach(file IN LISTS FILES)
  file(READ ${FOLDER}/${file} content)
  string(APPEND text "        {\"${file}\", R\"~stagedoor~(${content})~stagedoor~\"},\n")
endforeach()
string(APPEND text "    };\n}\n\n}  // namespace stagedoor::client\n")
file(WRITE ${OUTPUT} "${text}")
