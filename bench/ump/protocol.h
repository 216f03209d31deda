/**
 * What the suite `ump` and its peer on another core (bench/umppeer) say to each other: commands, which are
 * messages of two words with the tag UMP_BENCH_COMMAND over the channel that is measured.
 */
#ifndef BENCH_UMP_PROTOCOL_H
#define BENCH_UMP_PROTOCOL_H

#include <stdint.h>

#define UMP_BENCH_SERVICE "umppeer"
#define UMP_BENCH_HASH    0x756d70u

#define UMP_BENCH_COMMAND 1
#define UMP_BENCH_FRAME \
    0x2000 ///< Bytes of each of the two frames: that of the channel, and that of the line.
#define UMP_BENCH_BYTES_MAX 0x100000

/// First word of a command: what the peer does from now on; the second is the command's own.
enum ump_bench_command {
    UMP_BENCH_ECHO_1, ///< Answers messages of one word with the same word,
    UMP_BENCH_ECHO_7, ///< of seven with the same seven.
    UMP_BENCH_BYTES,  ///< Takes messages of so many bytes, and says after each that it has it.
    UMP_BENCH_LINE,   ///< Answers on the bare line, until that says UMP_BENCH_LINE_END.
    UMP_BENCH_END,    ///< Ends.
};

/// The bare line: one side writes odd numbers, the other one the even ones that follow.
struct ump_bench_line {
    uint64_t number __attribute__((aligned(64)));
};

#define UMP_BENCH_LINE_END UINT64_MAX

/// One step on the line: writes a number and waits until another one has come.
static inline uint64_t ump_bench_line_step(struct ump_bench_line *line, uint64_t number)
{
    __atomic_store_n(&line->number, number, __ATOMIC_RELEASE);
    uint64_t now;
    while ((now = __atomic_load_n(&line->number, __ATOMIC_ACQUIRE)) == number) {
        __asm__ volatile("yield");
    }
    return now;
}

#endif
