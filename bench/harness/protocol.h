/**
 * What a bench domain says to its peer, and what both are granted. What they say to init is
 * interfaces/bench.rpc.
 */
#ifndef BENCH_PROTOCOL_H
#define BENCH_PROTOCOL_H

#define BENCH_RAM_BYTES       0x1000000UL ///< What init grants a bench domain and a peer,
#define BENCH_LARGE_RAM_BYTES 0xA000000UL ///< and that of the suite mm, which has nodes for a million blocks.

/* What a bench says to its peer: control messages have PEER_CONTROL_WORDS words, which no measured message
 * has. */
#define PEER_CONTROL_WORDS 2

/// First word of a control message: what the peer does with the messages that follow, until the next control
/// message.
enum peer_mode {
    PEER_MODE_BIND,     ///< With the bench's endpoint, to answer to. Then as PEER_MODE_ECHO.
    PEER_MODE_ONE_WAY,  ///< Answers with the cycle counter at the time when the message was there.
    PEER_MODE_ECHO,     ///< Answers with the same words.
    PEER_MODE_ECHO_CAP, ///< Answers with the same capability.
    PEER_MODE_YIELD,    ///< With the bench's dispatcher; answers with its own, then always yields back to it.
};

#endif
