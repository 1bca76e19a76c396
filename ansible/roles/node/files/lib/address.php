<?php
declare(strict_types=1);

/**
 * Replaces one address by another in a value of the database, in the spellings that occur there: as it is, without its scheme, with the
 * slashes escaped as in JSON (also JSON in JSON in JSON), and encoded as in a query. In serialized values the lengths follow; nothing is
 * unserialized. An address that goes on (another port, a longer name) is another one.
 */
final class Address
{
    /** Serialized values in serialized values may go as deep as this; deeper ones are replaced as text. */
    private const DEPTH_MAX = 1000;

    public readonly string $host;
    private readonly string $plain;
    private readonly string $encoded;
    private readonly string $toScheme;
    private readonly string $toAuthority;

    public function __construct(string $from, string $to)
    {
        [, $authority] = explode('://', $from, 2);
        [$this->toScheme, $this->toAuthority] = explode('://', $to, 2);
        $this->host = explode(':', $authority, 2)[0];
        $end = '(?![a-z0-9-]|\.[a-z0-9]|:[0-9])';
        // Bounded: a long row of backslashes would be read again from each of them.
        $this->plain = '~(https?:)?(\\\\{0,8}/\\\\{0,8}/)' . preg_quote($authority, '~') . $end . '~i';
        $encodedEnd = '(?![a-z0-9-]|\.[a-z0-9]|%3a[0-9])';
        $this->encoded = '~(https?%3a)?(%2f%2f)' . preg_quote(str_replace(':', '%3a', $authority), '~') . $encodedEnd . '~i';
    }

    public function move(string $value, int $depth = 0): string
    {
        if (stripos($value, $this->host) === false) {
            return $value;
        }
        if ($depth < self::DEPTH_MAX && preg_match('/^(?:[aOsCE]:[0-9]+:)/', $value) === 1) {
            $at = 0;
            $moved = $this->moveSerialized($value, $at, $depth + 1);
            if ($moved !== null && $at === strlen($value)) {
                return $moved;
            }
        }
        return $this->moveText($value);
    }

    private function moveText(string $text): string
    {
        $plain = fn (array $found): string => ($found[1] === '' ? '' : "{$this->toScheme}:") . $found[2] . $this->toAuthority;
        $encoded = function (array $found): string {
            $isUpper = $found[2] === '%2F%2F';
            $colon = $isUpper ? '%3A' : '%3a';
            $scheme = $found[1] === '' ? '' : $this->toScheme . $colon;
            return $scheme . $found[2] . str_replace(':', $colon, $this->toAuthority);
        };
        $text = preg_replace_callback($this->plain, $plain, $text) ?? throw new RuntimeException(preg_last_error_msg());
        return preg_replace_callback($this->encoded, $encoded, $text) ?? throw new RuntimeException(preg_last_error_msg());
    }

    /** One serialized value from $at on, which then stands behind it; null when it is not what it seems to be. */
    private function moveSerialized(string $text, int &$at, int $depth): ?string
    {
        if ($depth > self::DEPTH_MAX) {
            return null;
        }
        if (preg_match('/\G(?:N;|[bidrR]:[^;{}"]{1,64};)/', $text, $found, 0, $at) === 1) {
            $at += strlen($found[0]);
            return $found[0];
        }
        if (preg_match('/\G([sE]):([0-9]{1,10}):"/', $text, $found, 0, $at) === 1) {
            return $this->moveString($text, $at, $depth, $found);
        }
        if (preg_match('/\Ga:([0-9]{1,10}):\{/', $text, $found, 0, $at) === 1) {
            $at += strlen($found[0]);
            return $this->moveMembers($text, $at, $depth, [$found[0], (int) $found[1]]);
        }
        if (preg_match('/\GO:[0-9]+:"[^"]*":([0-9]{1,10}):\{/', $text, $found, 0, $at) === 1) {
            $at += strlen($found[0]);
            return $this->moveMembers($text, $at, $depth, [$found[0], (int) $found[1]]);
        }
        return $this->moveCustom($text, $at, $depth);
    }

    private function moveString(string $text, int &$at, int $depth, array $found): ?string
    {
        $start = $at + strlen($found[0]);
        $length = (int) $found[2];
        if (substr($text, $start + $length, 2) !== '";') {
            return null;
        }
        $at = $start + $length + 2;
        $content = substr($text, $start, $length);
        $moved = $found[1] === 'E' ? $content : $this->move($content, $depth);
        return $found[1] . ':' . strlen($moved) . ':"' . $moved . '";';
    }

    /** Keys stay as they are: two of them must not become one. */
    private function moveMembers(string $text, int &$at, int $depth, array $head): ?string
    {
        [$out, $count] = $head;
        for ($n = 0; $n < $count; $n++) {
            $start = $at;
            $isKey = preg_match('/\Gi:-?[0-9]{1,20};|\Gs:([0-9]{1,10}):"/', $text, $found, 0, $at) === 1;
            $at += $isKey ? strlen($found[0]) + (isset($found[1]) ? (int) $found[1] + 2 : 0) : 0;
            $key = substr($text, $start, $at - $start);
            $value = $isKey && str_ends_with($key, ';') ? $this->moveSerialized($text, $at, $depth + 1) : null;
            if ($value === null) {
                return null;
            }
            $out .= $key . $value;
        }
        return substr($text, $at++, 1) === '}' ? $out . '}' : null;
    }

    /** A class that serializes itself: what it wrote may be a serialized value again, or text. */
    private function moveCustom(string $text, int &$at, int $depth): ?string
    {
        if (preg_match('/\G(C:[0-9]+:"[^"]*":)([0-9]{1,10}):\{/', $text, $found, 0, $at) !== 1) {
            return null;
        }
        $start = $at + strlen($found[0]);
        $length = (int) $found[2];
        if (substr($text, $start + $length, 1) !== '}') {
            return null;
        }
        $at = $start + $length + 1;
        $moved = $this->move(substr($text, $start, $length), $depth);
        return $found[1] . strlen($moved) . ':{' . $moved . '}';
    }
}
