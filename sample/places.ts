/** Invented cities and districts; no municipality of Japan has one of these city names. */
export const cities = [
  { name: 'みらい市', domain: 'mirai' },
  { name: 'ほしぞら市', domain: 'hoshizora' },
  { name: 'あおなみ市', domain: 'aonami' },
  { name: 'みどりがおか市', domain: 'midorigaoka' },
  { name: 'ゆきはら市', domain: 'yukihara' },
  { name: 'かざはや市', domain: 'kazahaya' },
  { name: 'はなむら市', domain: 'hanamura' },
  { name: 'つきしろ市', domain: 'tsukishiro' },
]

/** Names of schools within a city, separated by spaces. */
export const neighbourhoods =
  '中央 青葉 桜丘 東 西 南 北 緑台 若葉 松原 千代田 光が丘 旭 清水 春日 富士見 常盤 本町 栄 梅園 泉 日吉 長岡 平和 新町 ' +
  '大谷 山手 浜町 港 竹原 柳 橘 高台 希望ヶ丘 城東 城西 城南 城北 小川 鶴見 白鳥 藤沢台 杉並木 石神 三本松 八幡 天神 明神 稲荷台 神明'
