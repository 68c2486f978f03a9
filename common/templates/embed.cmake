# stagedoor_embed(SERVICE FILES views/a.html …): writes a C++ file that holds the text of these files of the service, so
# that its program needs none beside it, as `stagedoor::SERVICE::embedded_assets()`; ${SERVICE}_embedded is that file.
# Generated rather than #embed-ded, since ccache 4.7 does not see what #embed reads and would keep old pages.
if(NOT CMAKE_SCRIPT_MODE_FILE)
  function(stagedoor_embed service)
    cmake_parse_arguments(ARG "" "" "FILES" ${ARGN})
    list(TRANSFORM ARG_FILES PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/ OUTPUT_VARIABLE files)
    list(JOIN ARG_FILES " " names)
    set(output ${CMAKE_CURRENT_BINARY_DIR}/embedded.cpp)
    add_custom_command(
      OUTPUT ${output}
      COMMAND ${CMAKE_COMMAND} -DSERVICE=${service} -DFOLDER=${CMAKE_CURRENT_SOURCE_DIR} -DFILES=${names}
              -DOUTPUT=${output} -P ${CMAKE_CURRENT_FUNCTION_LIST_FILE}
      DEPENDS ${files} ${CMAKE_CURRENT_FUNCTION_LIST_FILE}
      VERBATIM)
    set(${service}_embedded ${output} PARENT_SCOPE)
  endfunction()
  return()
endif()

separate_arguments(FILES)
set(text "// Made by embed.cmake; not to be edited.\n#include \"common/templates/assets.hpp\"\n\n")
string(APPEND text "namespace stagedoor::${SERVICE} {\n\nstd::vector<templates::Asset> embedded_assets();\n")
string(APPEND text "std::vector<templates::Asset> embedded_assets() {\n    return {\n")
foreach(file IN LISTS FILES)
  file(READ ${FOLDER}/${file} content)
  string(APPEND text "        {\"${file}\", R\"~stagedoor~(${content})~stagedoor~\"},\n")
endforeach()
string(APPEND text "    };\n}\n\n}  // namespace stagedoor::${SERVICE}\n")
file(WRITE ${OUTPUT} "${text}")
