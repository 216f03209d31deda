/**
 * Calls on the Kernel capability: console, frames of the stream, trace drain, power. A call fails with
 * SYS_ERR_RIGHTS, or SYS_ERR_CAP_NOT_FOUND where the domain has no such capability.
 */
#ifndef AOS_KERNEL_H
#define AOS_KERNEL_H

#include <abi/errno.h>
#include <abi/types.h>

/// Types of frames, docs/trace-stream.md.
enum frame_type {
    FRAME_CONSOLE = 0, ///< Not a frame: text for the console.
    FRAME_HELLO = 1,   ///< The kernel writes it.
    FRAME_BENCH = 4,
    FRAME_SAMPLES = 5,
    FRAME_DOMAIN = 8,
};

#define FRAME_PAYLOAD_BYTES 1024 ///< The most that one call takes.

/// Sends one frame. Needs CAPRIGHTS_WRITE. Takes as long as the wire does.
errval_t kernel_send_frame(enum frame_type type, const void *payload, size_t bytes);

/// Has the kernel say again what stream this is (HELLO and CLOCK). Needs CAPRIGHTS_WRITE.
errval_t kernel_send_hello(void);

/// Puts text of any length on the console. Needs CAPRIGHTS_WRITE.
errval_t kernel_print(const char *text, size_t bytes);

/// Sends all trace records that the ring holds. Needs CAPRIGHTS_CONTROL.
errval_t kernel_drain_trace(void);

/// Has the kernel of a debug build check its mapping database. Needs CAPRIGHTS_CONTROL. Takes time in
/// proportion to the number of capabilities. \return true in any other build, and if nothing is wrong
bool kernel_check_capabilities(void);

/// Ends the run. Needs CAPRIGHTS_CONTROL. \param status 0: all went well
errval_t kernel_power_off(unsigned status);

#endif
