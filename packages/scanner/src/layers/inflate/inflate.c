/*
 * DEFLATE (RFC 1951) for WebAssembly: what unpacks gzip layers. `node tools/inflate.ts` compiles it into
 * inflate.generated.ts; nobody who installs Hullcheck needs a compiler. It has no imports and never grows its memory, so
 * whatever a stream says, it can only write into its own 400 KiB. Verdicts are zlib's: a stream that zlib refuses is
 * refused here, and the other way round (gzip-inflater.real.test.ts compares them on damaged streams).
 *
 * Input comes in pieces that may end anywhere. What needs more input than there is (a symbol, a block's header) is taken
 * back whole and the caller hands those bytes in again before the next ones; so no state lives in between but `stream`.
 *
 *   header ──► stored ──► header …
 *     └──────► codes ───► header …  or end, after the block that says it is the last
 *
 * Two loops decode a block: `decode_fast` while input and output are far from their ends, without a check per symbol, and
 * `decode_careful` for the rest.
 */
#include <wasm_simd128.h>

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int i32;

#define EXPORT(name) __attribute__((export_name(name)))

/* Bits that the first look-up decides; longer codes go through a second table. Others were no faster (measured). */
#define LITERAL_BITS 11
#define DISTANCE_BITS 9
#define PRECODE_BITS 7
#define CODE_BITS_MAX 15

/* First table and all second tables: at most 2342 and 594 for complete codes of 288 and 32 symbols; build_table checks. */
#define LITERAL_ENTRIES 2400
#define DISTANCE_ENTRIES 640

#define WINDOW 32768
#define OUTPUT (256 * 1024)
#define INPUT (64 * 1024)
/* For bytes handed in again: the longest header of a block has 2,300 bits. */
#define INPUT_BEFORE 1024
/* decode_fast reads whole words and copies whole vectors beyond what counts. */
#define SLACK 64

/*
 * A table entry:  31 literal | 29..25 mask of a length's extra bits | 30..16 literal, length or distance base, start of
 * the second table | 15 special | 14 second table follows | 13 end of block | 12..8 bits of the code (of the second
 * table's index, where one follows) | 7..0 bits of code and extra bits together.
 */
#define LITERAL 0x80000000u
#define SPECIAL 0x8000u
#define SECOND 0x4000u
#define BLOCK_END 0x2000u
#define UNUSED (SPECIAL | 1 << 8 | 1)

static u32 literals[LITERAL_ENTRIES];
static u32 distances[DISTANCE_ENTRIES];
static u32 precode[1 << PRECODE_BITS];
static u8 lengths[288 + 32];
static u8 input[INPUT_BEFORE + INPUT + SLACK];
static u8 output[WINDOW + OUTPUT + SLACK];

enum state { HEADER, STORED, CODES, DONE };

static struct {
  enum state state;
  u32 last;
  u32 stored_left;
  u64 bits;
  u32 count;
  const u8 *in;
  const u8 *in_end;
  u8 *out;
  /* A distance may not reach below: what lies there is of another stream, or no longer there. */
  u8 *oldest;
} stream;

/* Answers of `inflate`; the caller knows them by number. */
enum answer {
  GO_ON = 100,
  WANTS_INPUT = 0,
  OUTPUT_FULL = 1,
  STREAM_END = 2,
  BAD_BLOCK = -1,
  BAD_STORED = -2,
  BAD_LENGTHS = -3,
  BAD_SYMBOL = -4,
  BAD_DISTANCE = -5,
  TOO_FAR = -6,
};

enum alphabet { PRECODE, LITERALS, DISTANCES };

/* RFC 1951, 3.2.5 */
static const u16 length_base[29] = {3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
                                    31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
static const u8 length_extra[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
static const u16 distance_base[30] = {1,   2,   3,   4,   5,   7,    9,    13,   17,   25,   33,   49,   65,    97,    129,
                                      193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
static const u8 distance_extra[30] = {0, 0, 0, 0, 1, 1, 2, 2,  3,  3,  4,  4,  5,  5,  6,
                                      6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13};
/* RFC 1951, 3.2.7 */
static const u8 precode_order[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};

static inline u32 low(u64 bits, u32 count) { return (u32)bits & ((1u << count) - 1); }

static inline u32 to_entry(enum alphabet alphabet, u32 symbol, u32 bits) {
  const u32 code = bits << 8;
  if (alphabet == PRECODE) return symbol << 16 | code | bits;
  if (alphabet == DISTANCES) {
    if (symbol >= 30) return SPECIAL | code | bits;
    return (u32)distance_base[symbol] << 16 | code | (bits + distance_extra[symbol]);
  }
  if (symbol < 256) return LITERAL | symbol << 16 | code | bits;
  if (symbol == 256) return SPECIAL | BLOCK_END | code | bits;
  if (symbol >= 286) return SPECIAL | code | bits;
  const u32 extra = length_extra[symbol - 257];
  return ((1u << extra) - 1) << 25 | (u32)length_base[symbol - 257] << 16 | code | (bits + extra);
}

/* The next code of a canonical prefix code as it lies in the stream, first bit lowest; 0 after the last one. */
static inline u32 next_code(u32 code, u32 bits) {
  const u32 zeros = code ^ ((1u << bits) - 1);
  if (zeros == 0) return 0;
  const u32 highest = 0x80000000u >> __builtin_clz(zeros);
  return (code & (highest - 1)) | highest;
}

/*
 * The table of a prefix code from its lengths. 0 when they are none: over-subscribed, or incomplete but for what zlib
 * takes, a single code of one bit or (where that alphabet may stay unused) no code at all.
 */
static i32 build_table(u32 *table, u32 first_bits, u32 entries, enum alphabet alphabet, const u8 *of, u32 symbols) {
  u32 count[CODE_BITS_MAX + 1] = {0};
  u32 place[CODE_BITS_MAX + 2];
  u16 sorted[288];
  const u32 size = 1u << first_bits;
  for (u32 i = 0; i < symbols; i++) count[of[i]]++;
  u32 longest = CODE_BITS_MAX;
  while (longest > 0 && count[longest] == 0) longest--;
  i32 left = 1;
  for (u32 bits = 1; bits <= CODE_BITS_MAX; bits++) {
    left = left * 2 - (i32)count[bits];
    if (left < 0) return 0;
  }
  if (left > 0 && (alphabet == PRECODE || longest > 1)) return 0;
  place[1] = 0;
  for (u32 bits = 1; bits <= CODE_BITS_MAX; bits++) place[bits + 1] = place[bits] + count[bits];
  for (u32 i = 0; i < symbols; i++)
    if (of[i] != 0) sorted[place[of[i]]++] = (u16)i;
  if (left > 0) {
    const u32 only = longest == 0 ? UNUSED : to_entry(alphabet, sorted[0], 1);
    for (u32 i = 0; i < size; i++) table[i] = (i & 1) == 0 ? only : UNUSED;
    return 1;
  }

  /* The first table is doubled for each further bit: what shorter codes decide is the same whatever that bit is. */
  u32 at = 0, code = 0, bits = 1;
  for (; bits <= first_bits; bits++) {
    const u32 half = 1u << (bits - 1);
    for (u32 i = 0; i < half; i++) table[half + i] = table[i];
    for (u32 n = count[bits]; n > 0; n--) {
      table[code] = to_entry(alphabet, sorted[at++], bits);
      code = next_code(code, bits);
    }
  }
  u32 next = size, start = 0, second_bits = 0, prefix = size;
  for (; bits <= longest; bits++) {
    for (u32 n = count[bits]; n > 0; n--) {
      if (low(code, first_bits) != prefix) {
        prefix = low(code, first_bits);
        start = next;
        second_bits = bits - first_bits;
        /* As many bits as the codes that begin so need. */
        i32 room = (i32)(1u << second_bits) - (i32)n;
        for (u32 longer = bits + 1; room > 0 && longer <= longest; longer++) {
          second_bits++;
          room = room * 2 - (i32)count[longer];
        }
        next += 1u << second_bits;
        if (next > entries) return 0;
        table[prefix] = start << 16 | SPECIAL | SECOND | second_bits << 8 | first_bits;
      }
      const u32 entry = to_entry(alphabet, sorted[at++], bits - first_bits);
      for (u32 i = code >> first_bits; i < 1u << second_bits; i += 1u << (bits - first_bits)) table[start + i] = entry;
      code = next_code(code, bits);
    }
  }
  return 1;
}

/* Reads byte by byte up to `wanted` bits, or gives the whole header back. */
#define WANT(wanted)                          \
  while (count < (wanted)) {                  \
    if (in == stream.in_end) return WANTS_INPUT; \
    bits |= (u64)*in++ << count;              \
    count += 8;                               \
  }
#define DROP(n) (bits >>= (n), count -= (n))

static i32 read_code_lengths(const u8 **in_at, u64 *bits_at, u32 *count_at) {
  const u8 *in = *in_at;
  u64 bits = *bits_at;
  u32 count = *count_at;
  WANT(14);
  const u32 literal_count = low(bits, 5) + 257, distance_count = low(bits >> 5, 5) + 1, precode_count = low(bits >> 10, 4) + 4;
  DROP(14);
  if (literal_count > 286 || distance_count > 30) return BAD_LENGTHS;
  u8 precode_lengths[19] = {0};
  for (u32 i = 0; i < precode_count; i++) {
    WANT(3);
    precode_lengths[precode_order[i]] = (u8)low(bits, 3);
    DROP(3);
  }
  if (!build_table(precode, PRECODE_BITS, 1 << PRECODE_BITS, PRECODE, precode_lengths, 19)) return BAD_LENGTHS;
  const u32 all = literal_count + distance_count;
  for (u32 i = 0; i < all;) {
    u32 entry = precode[low(bits, PRECODE_BITS)];
    while ((entry & 0xff) > count) {
      const u32 one_more = count + 1;
      WANT(one_more);
      entry = precode[low(bits, PRECODE_BITS)];
    }
    const u32 symbol = entry >> 16, length = entry & 0xff;
    if (symbol < 16) {
      DROP(length);
      lengths[i++] = (u8)symbol;
      continue;
    }
    const u32 extra = symbol == 16 ? 2 : symbol == 17 ? 3 : 7;
    WANT(length + extra);
    DROP(length);
    u32 repeat = low(bits, extra) + (symbol == 18 ? 11 : 3);
    DROP(extra);
    if ((symbol == 16 && i == 0) || i + repeat > all) return BAD_LENGTHS;
    const u8 value = symbol == 16 ? lengths[i - 1] : 0;
    for (; repeat > 0; repeat--) lengths[i++] = value;
  }
  if (lengths[256] == 0) return BAD_LENGTHS;
  if (!build_table(literals, LITERAL_BITS, LITERAL_ENTRIES, LITERALS, lengths, literal_count)) return BAD_LENGTHS;
  if (!build_table(distances, DISTANCE_BITS, DISTANCE_ENTRIES, DISTANCES, lengths + literal_count, distance_count))
    return BAD_LENGTHS;
  *in_at = in;
  *bits_at = bits;
  *count_at = count;
  return GO_ON;
}

static void use_fixed_codes(void) {
  for (u32 i = 0; i < 288; i++) lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
  build_table(literals, LITERAL_BITS, LITERAL_ENTRIES, LITERALS, lengths, 288);
  for (u32 i = 0; i < 32; i++) lengths[i] = 5;
  build_table(distances, DISTANCE_BITS, DISTANCE_ENTRIES, DISTANCES, lengths, 32);
}

static i32 read_header(void) {
  const u8 *in = stream.in;
  u64 bits = stream.bits;
  u32 count = stream.count;
  WANT(3);
  const u32 last = low(bits, 1), type = low(bits >> 1, 2);
  DROP(3);
  enum state next = CODES;
  if (type == 0) {
    DROP(count & 7);
    WANT(32);
    if ((low(bits, 16) ^ low(bits >> 16, 16)) != 0xffff) return BAD_STORED;
    stream.stored_left = low(bits, 16);
    DROP(32);
    next = STORED;
  } else if (type == 1) {
    use_fixed_codes();
  } else if (type == 2) {
    const i32 answer = read_code_lengths(&in, &bits, &count);
    if (answer != GO_ON) return answer;
  } else {
    return BAD_BLOCK;
  }
  stream.last = last;
  stream.state = next;
  stream.in = in;
  stream.bits = bits;
  stream.count = count;
  return GO_ON;
}

static i32 copy_stored(u8 *out_end) {
  /* Whole bytes that the header's reading had taken. */
  stream.in -= stream.count >> 3;
  stream.bits = 0;
  stream.count = 0;
  u32 take = stream.stored_left;
  if (take > (u32)(stream.in_end - stream.in)) take = (u32)(stream.in_end - stream.in);
  if (take > (u32)(out_end - stream.out)) take = (u32)(out_end - stream.out);
  __builtin_memcpy(stream.out, stream.in, take);
  stream.in += take;
  stream.out += take;
  stream.stored_left -= take;
  if (stream.stored_left > 0) return stream.in == stream.in_end ? WANTS_INPUT : OUTPUT_FULL;
  stream.state = stream.last ? DONE : HEADER;
  return GO_ON;
}

/* Index I of row D is I modulo D: the bytes that repeat every D, for copies from closer than a vector is long. */
static u8 repeat_every[16][16];
/* The largest multiple of D that a vector holds. */
static u8 repeat_step[16];

EXPORT("prepare") void prepare(void) {
  for (u32 distance = 1; distance < 16; distance++) {
    for (u32 i = 0; i < 16; i++) repeat_every[distance][i] = (u8)(i % distance);
    repeat_step[distance] = (u8)(16 - 16 % distance);
  }
}

static inline void copy_match(u8 *to, u8 *const end, u32 distance) {
  const u8 *from = to - distance;
  if (distance >= 16) {
    /* Nine of ten matches are shorter than two vectors: both are copied without asking. */
    wasm_v128_store(to, wasm_v128_load(from));
    wasm_v128_store(to + 16, wasm_v128_load(from + 16));
    for (to += 32, from += 32; to < end; to += 16, from += 16) wasm_v128_store(to, wasm_v128_load(from));
  } else {
    const v128_t pattern = wasm_i8x16_swizzle(wasm_v128_load(from), wasm_v128_load(repeat_every[distance]));
    for (const u32 step = repeat_step[distance]; to < end; to += step) wasm_v128_store(to, pattern);
  }
}

static inline u64 load_word(const u8 *from) {
  u64 word;
  __builtin_memcpy(&word, from, 8);
  return word;
}

/*
 * At least 56 bits: bytes above `count` are or-ed in again by the next refill, which changes nothing. One refill serves
 * three literals of the first table (33 bits) and a length (20), the next one a distance (28) and the look-up after it.
 */
#define REFILL() (bits |= load_word(in) << count, in += (63 - count) >> 3, count |= 56)
#define TAKE(entry) (bits >>= ((entry)&63), count -= (entry)&0xff)

static i32 decode_fast(u8 *out_end) {
  const u8 *in = stream.in;
  const u8 *const in_far = stream.in_end - 32;
  u8 *out = stream.out;
  u8 *const out_far = out_end - 280;
  const u8 *const oldest = stream.oldest;
  u64 bits = stream.bits;
  u32 count = stream.count;
  i32 answer = GO_ON;
  REFILL();
  u32 entry = literals[low(bits, LITERAL_BITS)];
  do {
    REFILL();
    if (entry & LITERAL) {
      TAKE(entry);
      *out++ = (u8)(entry >> 16);
      entry = literals[low(bits, LITERAL_BITS)];
      if (entry & LITERAL) {
        TAKE(entry);
        *out++ = (u8)(entry >> 16);
        entry = literals[low(bits, LITERAL_BITS)];
        if (entry & LITERAL) {
          TAKE(entry);
          *out++ = (u8)(entry >> 16);
          entry = literals[low(bits, LITERAL_BITS)];
          continue;
        }
      }
    }
    if (entry & SPECIAL) {
      if (entry & SECOND) {
        TAKE(LITERAL_BITS);
        entry = literals[(entry >> 16) + low(bits, entry >> 8 & 15)];
        if (entry & LITERAL) {
          TAKE(entry);
          *out++ = (u8)(entry >> 16);
          REFILL();
          entry = literals[low(bits, LITERAL_BITS)];
          continue;
        }
      }
      if (entry & SPECIAL) {
        if (entry & BLOCK_END) {
          TAKE(entry);
          stream.state = stream.last ? DONE : HEADER;
        } else {
          answer = BAD_SYMBOL;
        }
        break;
      }
    }
    const u32 length = (entry >> 16 & 511) + ((u32)(bits >> (entry >> 8 & 31)) & (entry >> 25));
    TAKE(entry);
    REFILL();
    entry = distances[low(bits, DISTANCE_BITS)];
    if (entry & SPECIAL) {
      if (entry & SECOND) {
        TAKE(DISTANCE_BITS);
        entry = distances[(entry >> 16) + low(bits, entry >> 8 & 15)];
      }
      if (entry & SPECIAL) {
        answer = BAD_DISTANCE;
        break;
      }
    }
    const u32 distance = (entry >> 16) + (low(bits, entry & 31) >> (entry >> 8 & 31));
    TAKE(entry);
    if (distance > (u32)(out - oldest)) {
      answer = TOO_FAR;
      break;
    }
    entry = literals[low(bits, LITERAL_BITS)];
    copy_match(out, out + length, distance);
    out += length;
  } while (in < in_far && out < out_far);
  in -= count >> 3;
  count &= 7;
  stream.in = in;
  stream.out = out;
  stream.count = count;
  stream.bits = low(bits, count);
  return answer;
}

static i32 decode_careful(u8 *out_end) {
  const u8 *in = stream.in;
  u8 *out = stream.out;
  u64 bits = stream.bits;
  u32 count = stream.count;
  i32 answer;
  for (;;) {
    /* A length and a distance have 48 bits at most. Absent bits read as zero; no entry counts that needs more than there are. */
    while (count <= 55 && in < stream.in_end) {
      bits |= (u64)*in++ << count;
      count += 8;
    }
    u32 used = 0;
    u32 entry = literals[low(bits, LITERAL_BITS)];
    if (entry & SPECIAL && entry & SECOND) {
      used = LITERAL_BITS;
      entry = literals[(entry >> 16) + low(bits >> used, entry >> 8 & 15)];
    }
    const u32 code_end = used + (entry >> 8 & 31);
    used += entry & 0xff;
    answer = WANTS_INPUT;
    /* A special entry has its flags where others have nothing: the mask above leaves the bits of its code. */
    if (used > count) break;
    if (entry & LITERAL) {
      answer = OUTPUT_FULL;
      if (out == out_end) break;
      *out++ = (u8)(entry >> 16);
      bits >>= used;
      count -= used;
      continue;
    }
    if (entry & SPECIAL) {
      answer = BAD_SYMBOL;
      if (!(entry & BLOCK_END)) break;
      answer = GO_ON;
      bits >>= used;
      count -= used;
      stream.state = stream.last ? DONE : HEADER;
      break;
    }
    u32 length = (entry >> 16 & 511) + ((u32)(bits >> code_end) & (entry >> 25));
    entry = distances[low(bits >> used, DISTANCE_BITS)];
    if (entry & SPECIAL && entry & SECOND) {
      used += DISTANCE_BITS;
      entry = distances[(entry >> 16) + low(bits >> used, entry >> 8 & 15)];
    }
    const u32 distance_code_end = used + (entry >> 8 & 31);
    const u32 distance_end = used + (entry & 0xff);
    answer = WANTS_INPUT;
    if (distance_end > count) break;
    answer = BAD_DISTANCE;
    if (entry & SPECIAL) break;
    const u32 distance = (entry >> 16) + low(bits >> distance_code_end, distance_end - distance_code_end);
    answer = TOO_FAR;
    if (distance > (u32)(out - stream.oldest)) break;
    answer = OUTPUT_FULL;
    if (length > (u32)(out_end - out)) break;
    bits >>= distance_end;
    count -= distance_end;
    for (const u8 *from = out - distance; length > 0; length--) *out++ = *from++;
  }
  in -= count >> 3;
  count &= 7;
  stream.in = in;
  stream.out = out;
  stream.count = count;
  stream.bits = low(bits, count);
  return answer;
}

static i32 decode_block(u8 *out_end) {
  i32 answer = GO_ON;
  if (stream.in_end - stream.in > 32 && out_end - stream.out > 280) answer = decode_fast(out_end);
  return answer == GO_ON && stream.state == CODES ? decode_careful(out_end) : answer;
}

/* Where input goes; bytes that were not taken go before it. */
EXPORT("inputAt") u8 *input_at(void) { return input + INPUT_BEFORE; }
EXPORT("inputBytes") u32 input_bytes(void) { return INPUT; }
EXPORT("inputBeforeBytes") u32 input_before_bytes(void) { return INPUT_BEFORE; }
/* Input bytes that the last call did not take, and what it wrote: valid until the next. */
EXPORT("bytesLeft") u32 bytes_left(void) { return (u32)(stream.in_end - stream.in); }
EXPORT("writtenEnd") u8 *written_end(void) { return stream.out; }

/* A new stream; its distances don't reach into the one before. */
EXPORT("begin") void begin(void) {
  if (stream.out == 0) stream.out = output + WINDOW;
  stream.oldest = stream.out;
  stream.state = HEADER;
  stream.bits = 0;
  stream.count = 0;
}

/* Makes room for output; gives where it goes. */
EXPORT("writtenStart") u8 *written_start(void) {
  if (stream.out > output + WINDOW + OUTPUT / 2) {
    u32 kept = (u32)(stream.out - stream.oldest);
    if (kept > WINDOW) kept = WINDOW;
    __builtin_memmove(output + WINDOW - kept, stream.out - kept, kept);
    stream.out = output + WINDOW;
    stream.oldest = stream.out - kept;
  }
  return stream.out;
}

/* Inflates from `length` bytes at `from` until they, the room or the stream are at an end; after `writtenStart`. */
EXPORT("inflate") i32 inflate(const u8 *from, u32 length) {
  u8 *const out_end = output + WINDOW + OUTPUT;
  stream.in = from;
  stream.in_end = from + length;
  for (;;) {
    i32 answer;
    if (stream.state == HEADER) answer = read_header();
    else if (stream.state == STORED) answer = copy_stored(out_end);
    else if (stream.state == CODES) answer = decode_block(out_end);
    else return STREAM_END;
    if (answer != GO_ON) return answer;
    /* The last byte of a stream may have been taken whole with the bits of its end. */
    if (stream.state == DONE) {
      stream.in -= stream.count >> 3;
      stream.bits = 0;
      stream.count = 0;
    }
  }
}
