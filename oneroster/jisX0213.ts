import { inflateSync } from 'node:zlib'

/**
 * Whether a text stays within the characters of JIS X 0213:2004, the repertoire of the Japan profiles (section 2), so that every system can
 * show it: no 外字, no characters of vendors. Code points below U+0080 are taken, and so are the full-width forms that Windows uses for
 * characters of the standard (～ － ∥ ￠ ￡ ￢ — ＼); half-width katakana have a rule of their own.
 */
export function isJisX0213(value: string): boolean {
  return outsideJisX0213(value) < 0
}

/** Where in a text, from `from` on, the first character outside of JIS X 0213 is; -1 when there is none. */
export function outsideJisX0213(value: string, from = 0): number {
  for (let index = from; index < value.length; index++) {
    const unit = value.charCodeAt(index)
    if (unit < 0x80) continue
    let at = unit
    if ((unit & 0xfc00) === 0xd800) {
      const point = value.codePointAt(index)!
      if (point < 0x20000 || point > 0x2ffff) return index
      at = point - 0x10000
    }
    if (((bits[at >> 3] ?? 0) & (1 << (at & 7))) === 0) return index
    if (at !== unit) index++
  }
  return -1
}

/**
 * One bit for each code point of the basic plane, then of plane 2; deflated, in base 64. Computed from the code points that the codec
 * shift_jis_2004 of Python 3 can encode.
 */
// prettier-ignore
const packed = [
  'eNrtWgk8VVsX3+fcczm4OCJjcUg9UZE06cURSk+Eoq9SbrPSM3yJStyTTC8VGtCsUsp7mgeluJIXFZJeRYSopAwZnspwvss1XLpket/3+34/6/fj',
  '7HvOWmuvtfZ/r73O3geA74mi8ql2qhbTv8TQWnt8uj6l30DzAgBt4UGYi4ZzLqN4pF5Uf9Z0VGRNVRbg/CIlaA4FNADsDoG6iaESes0ccAtfE1VP',
  'a6IoGlcKBm0dwWCIhmiI+kXs3rGJ87m3ddI6IPrSh8Yz/7COJkqaAG8U57SmAUqc4ijIp3FZpACb04oRYRQX2mnhahACHjDYoIFRADjcJIeF0czH',
  'BAjEz17KjqeP9rwj3ikLUfUUSzz40PTphw4dQtCOJzSQrpX0UBwQnF6cCDbRfI/eIsHP5zZBoqXb/oVXq73F5F7I1p+M/3fgVFDUVQhMm9bUnvBZ',
  'DRQP9Szd9lwAbs7rbXcroeY2RWlqAwTFMegxSqBgjHfzoy0cpDo3Iw1T4/IaNf+zaBWkt6wsnD8c8+4YuLZYM1GidSQ5iMJbGLHmK5eQtsYsuJMU',
  'DwnI4qBNoJkJgTC8BZwkAThXjM8KxNFKtmvmp7MTEWjnKYm0wE6qXQFOAlK52WoCtEyp5l5JLjK/R22bFEx0mZYIV5L7C+exzABqlsO6Ma6ZJbJj',
  'KsCdnIG5xvDOF8CrH4AdvE+wFmGC4y9J8E0bnC4IvN1YtKtW0DGQEIlxPUU5LATCNaV5pFu1KXNtQDub1GIrjnSMCcxjayfXMP72dejiOoARfL3u',
  'hqC2iCJYR2EDQPddfec+giCtakjAL0FigB+MvwdgUEWd4SxqzpGYD2/eI7AwsYY1pd5961zF/LLP73Xt358TKTfUAWTm5pSiekoi9EPjxpjn42kl',
  'q9k/p4fFeLAdjdeV2r1oYhHCGUkfpOylNisrK3vJoDrx8679vWl26cpxwnYiNWkwEnm0nnVdajSrVO7X+IpRnvqU1hY9YsuDtR7r8s2a8EuzU8XD',
  '4yu36IYmRBwdpfjb4njt5dFT33/MAzEZ72MKpyj4qGdU/HTc+tHTuBgpYHLGZVUeKsqq3KtHUXR5SrAk04PwMFunQhqNrI+1bFyDudfvruWsMtDa',
  'arHIrHuWAKSoL6g+kOqswMkf+fPhOpJlQF6ykr42AiZXsg0zhcDOF+d9rYRMLO/a0BMPaq0dvckW01y3K03IIO2s3MWNIQ9PHxJ6W0MDVv63whER',
  '1HXkcCEoNTv3yWL8c8JmMXzlfp+pY2iKoXNChUdbqV04VAnmC8+Pdo1/MTnnhN7qeBela15+K54kXY05475louK4edHTLJElJhpKbl/MiN+EtXcd',
  'PH+KiRnCOFKsQ97HUCTXF6jXSMsnSjnMUmZACmxYVcea0MDq7m4J1LgeF1eSsN1i685Gq2Uf/l7q8LapwtxopAaNWlWmkZKQZSgNDkqSGfqlyyKE',
  '6TAtynIc27764l/CMHzfVhSDb8wFoXIHVQ5aHJwKdNPXU6bx9maybhfxktQVt6wqExW3NFCHfQqkCn8uSDIPMrsgLvmKOkHVfy05VeVy2jpn0mu9',
  'oKqEE0ELwt7HTorVzd0k81DjFiionVEXpI6k/zzab2bCSVJer+ZTqiDLpUBINyHQgBI3LRr/2lsupOa5p1pUTGq9hc/qfMFLHkY2KfrKESagphZy',
  'd/9k/ufI1EcejmYKhb/kzBRoWkrIqujW3KRm0CpLK/dOpe0kf1Ntkq86OSxi6f0RclkLAy8q6dgv9t48QmNbDUKcyrZYfdXCCCHg8TtOmfwUAE0o',
  '1tpAz7mx/TqdCn7+aSJp4TLieM0jrZNVqx7LXqfHL9p5+0rsmatehw8Iv58koJj3YtqTmzEeB/Re+ZU3UdmiR1Y9GGVsP+XVUxqhZyB5l9L4vaGU',
  '7Zlz5l710ipWJPXylHzMzDneeSJLk084HXgal6MIUgsF9BQ9WJsSbgeY1DybEJGdUBbDUtySUOsf99lfMa4RUXSku0QbCcS6KVF36gSN3OQKmWG5',
  'gQ2mq3ZXbC9VPRpfLmbuWVFpahxogzKS5Tbsr9S0RceaA4WG4OFi47R2PygJDI5cl2KzOJAKjQ2ym8Cci5XHNxR+zN3DfilMqiYfQWXBl2RB5skm',
  '39HLVntNalQS2ChMuUl/1dOkRFAJW5+Hlele9dqcV6mtNiG0KHddBZCrE1Kbva7Cyq5UMUL8XDn1baG1LJWTHZBixKYHz70cuft5ZPxy3ZUg/MCj',
  '2aEz6OOPOmaqgND8RYUSmxe5ZO2I89lglSGolSaZ42BTtFelLEWCbhNgO2zFtJwVLitnR3pjX3aJgz3yVzEMVnm5H7MxTDHE2DZOVrULAH7Z13UX',
  'PVN4trzp3X2FznhOIq6MgpmbqWS5T7/vvSdV5M80Qn0r58yys/AVFtQO0CeR+3ER+TlvtNi+wCQvauQVMefMNSJ/HB5dQcz6fS08p1QAZbjmsfxe',
  'qf3RNPKCKVEq4ptVIa58AfhbWKc9fOCr6xz919ZjQZ6WlIxebXz++z9fS6uOQy9WlxX//PGYldLzoN/tX9UpT5dNV1gtcaNujuerueu9kpIz/Te6',
  'P3v5zVp68T4lMt1FpXJ4IhMccxJF/oZMht2fPGXubRIncxv/lpNdra0DF2lJ+ZxjwziWJ4Xdc71dHH5W2XblsklIVsgBx52EoDzTVtK2SPBD4xll',
  'H79Jxc5j781WqPDXd0vM0YVQoV+v5ENMv/q0qsQrQRNcovToZTuEns99Hds44UZFjGXUsz0CpoW1G9Tf1Lvjn6v0/djnblJwpLZE9fEnY1zGpILA',
  'kuPsR4yHhWOvZSVNqho7Syz6+m9169OrJq8prk4OcDVr1LzLEn+p+Y7Knrvc3NjprMmRgPi0hroy36Pv3JfulxbWFo8qyVh81rF0nOvaexPGfntc',
  'ZzeSz0K7LLZy6o4jTmdWfbLOcpUtMjq94ZlOgEOOqCJrWZ2klcSHWBPEKHn2Dqq0Ut5E/8YNafqWhQVOm0jd6cU/EWbh+9RXEvNmkIUOkv76vmqT',
  '5Wjjy+ZHPQy6NVm24YZ78iuB5Q2ShbvIm8vSnhehGxmnvtUfp5ggPqdc6LAjtYA9nXHeXeaW302IAc7FFqzdXuYrrhJx+vnSy6P2hqnnNEQDurTK',
  'JOKB33HHbx9lpqAhT2dFSOUvKjeVJp9JXjPAbqdti9VhimREz1GMIj9lHTxyeyG1Q9q7XPnqv8ew02sZGcahp6D9NObXXJ/wU2KknvpE2SBTKGfD',
  'lYf/qgKsMifxMHV432OhJdE7txrbhPhooKRvrNrGLBNjcv2d4l82fPIg9xrMlrfW2f1RMfBMgcDY+4bD512t1L+vFwdD+ptCpUTdIxjJIvraBNs6',
  '8gD7UVC2773QPZEQWDi5BF1yUtSaOj9B9ZvtmxVT18/fpjnsmraGcb2L79MDscm5L+xzrG+6ZsYbTkdn/fLUKp84/CJCxNbTjU9tdvbNi8uIgD4q',
  'o+o2wiGMyrt1Ys2G5Xaqkp6XKpa11w5Pph0B2ggOm+xAjYyy710QPqZ2iQizLAhCXFQOKE30HnnJWvbKOHlDONfBZMVM6QAGClhjZe58Iy6YPNrs',
  'FhyiyFXz8mVh3VG31brI5oqrmk5f698FMd8tiC9nbdIoKr6eEHZa2NzXweC2MflF+nxNgTVwXbA7ImwMm/VMRE/6Du2PDb4WUnnbhr+qT7r7zXll',
  'uPfqagIMCw+7m5FkXgfBn8eOKj1Bqvl4G7/cA18es/vEwohR7yteqTKCNZ+OmGirYQEOPZm3yxkSeAglfb4BqaiFe2cLwuh2UW1EbJ7oH1GVPe8C',
  'kbS0piU7G2cs3BYwc6v1mNaXM/ivEeEysdBXL6my0a5ll/Rv+efrV29by2IEJQtnvl1iFY6YOTwvKl6+yEle+t/nVlibrVc0+kVBfinM9Arwqs03',
  '1p12bDr7S8P8gnAFrsaYpGO5QiD8YrmSs5pMnqekpdj2dduiQrh1GtvQ3kX2yjba1I8IU/DIhPvmAhLrkwxmukbu0RFrNfNkouRSNivz1/J9wvMk',
  'jA/GVIhN0ysZZmwf3gDL3k9nJ3pKGyb9aTM2Pu3iaMupnprx7x6Yv/E/dve841s6r7cF8svAY9OzH0xGIimv6YJVSofTFgafJQSGHdZJyPdO8UuN',
  'kPrJRxX34qlb40bJXShxvqlFyVbK1J9MfHJ7t8F5mBZMOq58fOdkxpS3HJbLWvSh/ZIhGqIhGqIhGqIhGqIhGqLuCAc0otO+b2ubu8dLeuxd1HaG',
  'Lfi/M5LZzf3Wc52K5oOdpi5nOpr8dqY5L2BSP+gL6Xlru/sjOI5y+Lve+Crlx9F1T6PrdnzPRPZ4G+llr1gvDge6Oo33zpIfgfDHocHwHs8uyH8C',
  'd3C7ec39Yihvd1j70Q3x3YEI1hcQ98IdshvtxA/g1Ydw9xX1fSSiR2twrg9Q85ET3OptB+xle6mY6Hkq9wHUoPezj+h7dAeL0P4xo33PIz+KCUFC',
  '3QUExwY29/4HRLQirq8DyQu38T6d/GbA32nD+Apj/J4JdjssWAsryW+WkK33scFFJDQA2a5uEBDRndIWkAoMXpLhz4L2zEX0009sUOEI9ze9wP0L',
  'Ub9WDKKb3EEMLFRElyqmvwsTgvey3gPtH1vgvA5gA0on/Npwd+EhBwoUeODww3rhsGy3GRrhu/pg/UUtwf2n2rkHqMsXPVhXD7ifC5HdJ64+Z0Wo',
  'ezRjvY7EIBRR0GBUG3hn4+CuwMO7IBbq8JPsG1RhvtkW71vkeyvAOxBs6Ie8+D9WajC4sYMGWMxodRLGuiZAov2L9UHaDBiMhQ0lyAHUENCAyw3y',
  'RyVaP1cRsvd7A3jXgPUCvbzqaL3ycdDSCwFz+28t4xmdEAa3mQZ3IBnvua6He50doJ4yPwq6fkEK84sX8k/Uqj1YDA9IegAQJvnogvvjav+qQAT8',
  'FwnlmTd4e8g73pLQHoeB4DGa7NYDeNAhg/X/pZrfLEL4Bh35D+Pvb1g=',
].join('')
const bits = inflateSync(Buffer.from(packed, 'base64'))
// 1-1-32 is the backslash of full width, which the codec leaves to ASCII.
bits[0xff3c >> 3]! |= 1 << (0xff3c & 7)
