# Sources that are made from declarations: errors, capability types, trace points. Needs Python itself, and nothing from outside it.

find_package(Python3 3.11 REQUIRED COMPONENTS Interpreter)
set(GENERATED_INCLUDE_DIR "${CMAKE_BINARY_DIR}/generated")
file(MAKE_DIRECTORY "${GENERATED_INCLUDE_DIR}/abi")

set(TRACE "none" CACHE STRING "Subsystems with trace points compiled in: all, none, or a list with commas")

# The names of messages are in the hash of the trace points' declaration.
file(GLOB interface_files CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/interfaces/*.rpc")
if(interface_files)
    list(APPEND interface_files "${CMAKE_SOURCE_DIR}/interfaces") # its time tells of files that have gone
endif()

add_custom_command(
    OUTPUT "${GENERATED_INCLUDE_DIR}/abi/errno.h" "${GENERATED_INCLUDE_DIR}/err_text.c"
    COMMAND Python3::Interpreter tools/generate_errors.py include/abi/errors.toml
            --header "${GENERATED_INCLUDE_DIR}/abi/errno.h" --source "${GENERATED_INCLUDE_DIR}/err_text.c"
    DEPENDS tools/generate_errors.py tools/generator.py include/abi/errors.toml
    WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}" VERBATIM)
add_custom_command(
    OUTPUT "${GENERATED_INCLUDE_DIR}/abi/captypes.h" "${GENERATED_INCLUDE_DIR}/captable.c"
    COMMAND Python3::Interpreter tools/generate_capabilities.py include/abi/capabilities.toml
            --header "${GENERATED_INCLUDE_DIR}/abi/captypes.h" --source "${GENERATED_INCLUDE_DIR}/captable.c"
    DEPENDS tools/generate_capabilities.py tools/generator.py include/abi/capabilities.toml
    WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}" VERBATIM)
add_custom_command(
    OUTPUT "${GENERATED_INCLUDE_DIR}/trace_points.h"
    COMMAND Python3::Interpreter tools/generate_trace.py trace/points.toml --enable "${TRACE}"
            --output "${GENERATED_INCLUDE_DIR}/trace_points.h"
    DEPENDS tools/generate_trace.py tools/generator.py trace/declaration.py trace/interfaces.py trace/points.toml
            ${interface_files}
    WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}" VERBATIM)
add_custom_target(generated_headers DEPENDS
    "${GENERATED_INCLUDE_DIR}/abi/errno.h" "${GENERATED_INCLUDE_DIR}/abi/captypes.h"
    "${GENERATED_INCLUDE_DIR}/trace_points.h")
