# The list of libraries, build/bin/stagedoor.cdx.json (target `sbom`), and the Debian package, by CPack:
# `cmake --build build --target deb` makes build/packages/stagedoor_VERSION_RELEASE_ARCHITECTURE.deb from the
# release build, the files in deploy/debian and the settings of each service in services/NAME/debian.conf.
set(STAGEDOOR_PROGRAMS ${STAGEDOOR_SERVICES})
list(TRANSFORM STAGEDOOR_PROGRAMS PREPEND stagedoor-)
list(PREPEND STAGEDOOR_PROGRAMS stagedoor)
list(APPEND STAGEDOOR_PROGRAMS stagedoor-pictures)
list(JOIN STAGEDOOR_PROGRAMS ", " STAGEDOOR_PROGRAM_NAMES)
set(debian ${CMAKE_SOURCE_DIR}/deploy/debian)
set(generated ${CMAKE_BINARY_DIR}/generated/debian)
set(maintainer "The Stagedoor authors <stagedoor@example.org>")

install(TARGETS ${STAGEDOOR_PROGRAMS} RUNTIME DESTINATION bin)
install(PROGRAMS ${debian}/stagedoor-command DESTINATION sbin)
cmake_host_system_information(RESULT release QUERY DISTRIB_INFO)
# One folder by two names. Each release's lintian wants its own.
set(units /usr/lib/systemd/system)
if(release_ID STREQUAL debian AND release_VERSION_ID STREQUAL 12)
  set(units /lib/systemd/system)
endif()
install(FILES ${debian}/stagedoor.service ${debian}/stagedoor@.service DESTINATION ${units})
install(DIRECTORY ${debian}/config/ DESTINATION /etc/stagedoor)
set(conffiles /etc/stagedoor/services.conf\n/etc/stagedoor/stagedoor.conf\n)
foreach(service IN LISTS STAGEDOOR_SERVICES)
  install(FILES services/${service}/debian.conf DESTINATION /etc/stagedoor RENAME ${service}.conf)
  string(APPEND conffiles /etc/stagedoor/${service}.conf\n)
endforeach()
file(CONFIGURE OUTPUT ${generated}/conffiles CONTENT "${conffiles}" @ONLY)
configure_file(${debian}/stagedoor.8.in ${generated}/stagedoor.8 @ONLY)
list(JOIN STAGEDOOR_SERVICES " " STAGEDOOR_SERVICE_NAMES)
string(REGEX REPLACE "([a-z]+)" "stagedoor-\\1" STAGEDOOR_USERS "${STAGEDOOR_SERVICE_NAMES}")
configure_file(${debian}/postinst.in ${generated}/postinst @ONLY)
configure_file(${debian}/postrm.in ${generated}/postrm @ONLY)
install(DIRECTORY docs/operations DESTINATION share/doc/stagedoor)
install(FILES ${debian}/copyright docs/operations.md docs/metrics.md docs/deploying-debian.md CHANGELOG.md
        DESTINATION share/doc/stagedoor)
install(FILES deploy/observability/alerts.yml deploy/kubernetes/components/nats-users/users.conf
        DESTINATION share/doc/stagedoor/examples)
install(FILES ${CMAKE_BINARY_DIR}/bin/stagedoor.cdx.json
        DESTINATION share/doc/stagedoor RENAME sbom.cdx.json)
# Debian requires these compressed, and a changelog in its own format.
install(CODE "
  set(packed \"${CMAKE_BINARY_DIR}/packed\")
  file(REMOVE_RECURSE \"\${packed}\")
  file(COPY \"${generated}/stagedoor.8\" DESTINATION \"\${packed}\")
  foreach(program ${STAGEDOOR_PROGRAMS} stagedoor-command)
    if(NOT program STREQUAL stagedoor)
      file(WRITE \"\${packed}/\${program}.8\" \".so man8/stagedoor.8\\n\")
    endif()
  endforeach()
  string(TIMESTAMP now \"%a, %d %b %Y %H:%M:%S +0000\" UTC)
  file(WRITE \"\${packed}/changelog\" \"stagedoor (${PROJECT_VERSION}) unstable; urgency=medium\\n\\n\"
    \"  * See CHANGELOG.md in this folder.\\n\\n -- ${maintainer}  \${now}\\n\")
  file(GLOB pages \"\${packed}/*\")
  execute_process(COMMAND gzip -9nf \${pages} COMMAND_ERROR_IS_FATAL ANY)
  file(GLOB pages \"\${packed}/*.8.gz\")
  file(INSTALL \${pages} DESTINATION \"\${CMAKE_INSTALL_PREFIX}/share/man/man8\")
  file(INSTALL \"\${packed}/changelog.gz\" DESTINATION \"\${CMAKE_INSTALL_PREFIX}/share/doc/stagedoor\")")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME stagedoor)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/packages)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
if(CMAKE_CROSSCOMPILING)
  set(architecture ${STAGEDOOR_ARCHITECTURE})
  set(for_architecture ${CMAKE_COMMAND} -E env DEB_HOST_ARCH=${architecture})  # as dpkg-shlibdeps wants it
else()
  execute_process(COMMAND dpkg --print-architecture
    OUTPUT_VARIABLE architecture OUTPUT_STRIP_TRAILING_WHITESPACE)
endif()
set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE ${architecture})
# It depends on the libraries of the release it was built on: debian12, debian13 …
set(CPACK_DEBIAN_FILE_NAME
  stagedoor_${PROJECT_VERSION}_${release_ID}${release_VERSION_ID}_${architecture}.deb)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "${maintainer}")
set(CPACK_DEBIAN_PACKAGE_SECTION web)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "ticket marketplace that never sells a ticket twice
Sellers list tickets; buyers hold them and pay for them; no ticket is ever sold
twice. One program runs all services, with its databases in files; the package
starts it at http://localhost:8080.

Each service is also a program of its own: any number of replicas, with
PostgreSQL and NATS, behind a gateway such as nginx.")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, openssl, tzdata")
# What encodes AVIF, where it is a package of its own: libheif loads it when it runs.
execute_process(COMMAND dpkg-query -W -f \${db:Status-Abbrev} libheif-plugin-aomenc
  OUTPUT_VARIABLE avif OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(avif MATCHES "^.i")
  string(APPEND CPACK_DEBIAN_PACKAGE_DEPENDS ", libheif-plugin-aomenc")
endif()
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "nginx-light | nginx, postgresql, nats-server, prometheus")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${generated}/conffiles ${generated}/postinst ${debian}/prerm ${generated}/postrm)
include(CPack)

add_custom_target(sbom
  COMMAND ${CMAKE_SOURCE_DIR}/scripts/sbom ${CMAKE_BINARY_DIR}
  DEPENDS ${STAGEDOOR_PROGRAMS} VERBATIM)

add_custom_target(deb
  COMMAND ${for_architecture} ${CMAKE_CPACK_COMMAND} -G DEB --config ${CMAKE_BINARY_DIR}/CPackConfig.cmake
  DEPENDS sbom
  WORKING_DIRECTORY ${CMAKE_BINARY_DIR} VERBATIM)
