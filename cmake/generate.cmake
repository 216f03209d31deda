# Sources that are made from declarations: errors, capability types, trace points, interfaces of services. The last needs
# lark, a package of Python; the others need nothing from outside Python.

find_package(Python3 3.11 REQUIRED COMPONENTS Interpreter)
set(GENERATED_INCLUDE_DIR "${CMAKE_BINARY_DIR}/generated")
file(MAKE_DIRECTORY "${GENERATED_INCLUDE_DIR}/abi" "${GENERATED_INCLUDE_DIR}/interfaces")

# A Python that has lark: that of ./lantern setup, or else the one that was found.
set(RPC_PYTHON "")
foreach(candidate IN ITEMS "${CMAKE_SOURCE_DIR}/build/venv/bin/python" "${Python3_EXECUTABLE}")
    if(NOT RPC_PYTHON AND EXISTS "${candidate}")
        execute_process(COMMAND "${candidate}" -c "import lark" RESULT_VARIABLE status OUTPUT_QUIET ERROR_QUIET)
        if(status EQUAL 0)
            set(RPC_PYTHON "${candidate}")
        endif()
    endif()
endforeach()
if(NOT RPC_PYTHON)
    message(FATAL_ERROR "Making stubs from interfaces/*.rpc needs the Python package lark, which neither build/venv nor "
        "${Python3_EXECUTABLE} has: run ./lantern setup (or install Debian's python3-lark).")
endif()

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

# Stubs of both sides of every interface. One run makes them all, for the numbers follow from the names.
file(GLOB interface_files CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/interfaces/*.rpc")
file(GLOB rpc_generator CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tools/rpc/*.py")
set(interface_headers "")
set(interface_sources "")
foreach(file IN LISTS interface_files)
    get_filename_component(name "${file}" NAME_WE)
    list(APPEND interface_headers "${GENERATED_INCLUDE_DIR}/interfaces/${name}.h"
        "${GENERATED_INCLUDE_DIR}/interfaces/${name}_server.h")
    list(APPEND interface_sources "${GENERATED_INCLUDE_DIR}/interfaces/${name}_client.c"
        "${GENERATED_INCLUDE_DIR}/interfaces/${name}_server.c")
endforeach()
add_custom_command(
    OUTPUT ${interface_headers} ${interface_sources}
    COMMAND "${RPC_PYTHON}" tools/generate_rpc.py interfaces --errors include/abi/errors.toml
            --output "${GENERATED_INCLUDE_DIR}/interfaces"
    DEPENDS ${interface_files} ${rpc_generator} tools/generate_rpc.py tools/generator.py include/abi/errors.toml
    WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}" COMMENT "Generating stubs of interfaces/*.rpc" VERBATIM)
add_custom_target(generated_headers DEPENDS ${interface_headers}
    "${GENERATED_INCLUDE_DIR}/abi/errno.h" "${GENERATED_INCLUDE_DIR}/abi/captypes.h"
    "${GENERATED_INCLUDE_DIR}/trace_points.h")
