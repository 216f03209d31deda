/**
 * The console UART: text as it is, and frames of the stream between it.
 */
#ifndef KERNEL_CONSOLE_H
#define KERNEL_CONSOLE_H

#include <abi/types.h>
#include <trace/stream.h>

/// The first core: takes the UART into use.
void console_init(void);

/// Any other core: where the UART is. What it writes is dropped until console_take().
void console_find(void);

/// This core is the only one that still runs, and has something to say.
void console_take(void);

/// Text; bytes of value 0 are dropped, for 0 separates frames.
void console_write(const char *text, size_t length);
void console_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/// One frame, at most STREAM_PAYLOAD_BYTES of payload.
void console_frame(uint8_t type, const void *payload, size_t length);

/// The same, about another core.
void console_frame_of(coreid_t core, uint8_t type, const void *payload, size_t length);

/// The HELLO frame: what this system is. See docs/trace-stream.md.
void console_hello(void);

/// Says what HELLO cannot know by itself.
void console_describe(uint64_t cycle_hz);

/// The CLOCK frame: both clocks now.
void console_clock(void);

/// The END frame, and everything on the wire.
void console_end(uint32_t status);

#endif
