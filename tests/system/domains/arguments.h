/**
 * What a test domain is told: arguments `name=value`, in any order.
 */
#ifndef TEST_ARGUMENTS_H
#define TEST_ARGUMENTS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/// The value of an argument; "" if there is none.
static inline const char *argument(int argc, char *argv[], const char *name)
{
    const size_t length = strlen(name);
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], name, length) == 0 && argv[i][length] == '=') {
            return argv[i] + length + 1;
        }
    }
    return "";
}

/// The same as a number; `otherwise` if it is 0, or there is none.
static inline uint64_t argument_number(int argc, char *argv[], const char *name, uint64_t otherwise)
{
    const uint64_t value = strtoul(argument(argc, argv, name), NULL, 10);
    return value ? value : otherwise;
}

#endif
