import type { ProfileId } from './csv'

/**
 * Everything an import can find wrong, by code `scope.problem`: what it is called, how bad it is, what to tell whom, and which clause asks
 * for it, and under which profiles: the one table of rules and their weight. docs/issues.md lists the same codes; a test holds the two equal. One screen per scope, hence longer than other files.
 *
 * Messages may name parameters in braces. Parameters are names of files and columns, counts and what was expected: never a value of a row,
 * which may be personal.
 */
export interface IssueCode {
  /** `error`: the row (or the package) cannot be taken. `warning`: it is taken, and somebody should look. */
  readonly severity: Severity
  /** Where a profile sees it otherwise; `off`: the rule is none of that profile's. */
  readonly under?: Partial<Record<ProfileId, Severity | 'off'>>
  readonly english: string
  readonly japanese: string
  /** Where the rule stands. */
  readonly clause: string
}
export type Severity = 'error' | 'warning'
export type IssueCodeName = keyof typeof issueCodes
export type IssueParameters = Readonly<Record<string, string | number>>

const csv = (section: string) => `OneRoster CSV Binding 1.2, ${section}`
const japan = (section: string) => `OneRoster Japan Profile, ${section}`
const olderTables = 'OneRoster 1.1 CSV Tables'
const ours = 'RosterHub'
const rfc4180 = 'RFC 4180'

const error = (english: string, japanese: string, clause: string) =>
  ({ severity: 'error', english, japanese, clause }) as const
const warning = (english: string, japanese: string, clause: string) =>
  ({ severity: 'warning', english, japanese, clause }) as const

/** The same under the Japan profiles only. */
const inJapan = <T extends IssueCode>(code: T): IssueCode => ({
  ...code,
  under: { 'base-1.2': 'off', 'base-1.2.1': 'off' },
})

// prettier-ignore
export const issueCodes = {
  // The archive as a whole.
  'package.notZip': error('The file is neither a ZIP archive nor a CSV file with the header of a OneRoster file.', 'ZIPファイルでも、OneRosterのヘッダーを持つCSVファイルでもありません。', csv('package')),
  'package.damaged': error('The ZIP archive is damaged or cut short.', 'ZIPファイルが壊れているか、途中で切れています。', csv('package')),
  'package.encrypted': error('The ZIP archive is encrypted. Send it without a password.', 'ZIPファイルが暗号化されています。パスワードなしで送ってください。', ours),
  'package.compression': error('The ZIP archive uses a compression method other than DEFLATE.', 'ZIPの圧縮方式がDEFLATEではありません。', csv('package')),
  'package.tooManyEntries': error('The ZIP archive has {count} entries; at most {limit} are read.', 'ZIP内のファイルが{count}個あります。上限は{limit}個です。', ours),
  'package.tooLarge': error('A file would unpack to more than {limit} bytes.', '展開後のサイズが上限（{limit}バイト）を超えます。', ours),
  'package.ratio': error('A file unpacks to more than {limit} times its packed size, which no roster does.', '展開後のサイズが圧縮時の{limit}倍を超えています。名簿ではありえない圧縮率です。', ours),
  'package.entryName': error('An entry lies in a folder or has a path in its name. All files must stand at the root of the archive.', 'ZIP内にフォルダまたはパスを含むファイル名があります。すべてのファイルを最上位に置いてください。', csv('package')),
  'package.duplicateEntry': error('The file is in the archive more than once.', '同じ名前のファイルがZIP内に複数あります。', csv('package')),
  'package.unknownFile': error('The file is none of those the standard defines; check spelling and case.', '標準にないファイル名です。綴りと大文字・小文字を確認してください。', csv('package')),
  'package.ignoredEntry': warning('Entries which are no files of a roster (of the operating system, such as __MACOSX, or folders) were ignored.', '名簿ではない項目（__MACOSXなどOSが付け加えたもの、フォルダ）は無視しました。', ours),
  'package.fileName': inJapan(warning('A package of this profile is named RO_YYYYMMDD_code.zip: the day of the data, and the code of the school or of its 設置者.', 'このプロファイルのファイル名は「RO_日付8桁_コード.zip」（学校コード、または学校設置者・教育委員会のコード）です。', japan('package and encoding'))),
  'package.microsoftSds': error('This is a Microsoft School Data Sync (SDS) file set, not OneRoster. Export OneRoster 1.2 CSV instead.', 'Microsoft School Data Sync（SDS）形式のファイルで、OneRosterではありません。OneRoster 1.2形式のCSVを出力してください。', ours),
  'package.excel': error('This is an Excel workbook, not a CSV package. Save each sheet as CSV UTF-8 and zip the files.', 'Excelブックであり、CSVパッケージではありません。各シートを「CSV UTF-8」で保存し、ZIPにまとめてください。', ours),
  'package.nothingHeld': error('RosterHub holds no resources and no grades: of this file there is nothing to import. It takes orgs, academicSessions, courses, classes, users, roles, userProfiles, enrollments and demographics.', 'リソースと成績のファイルはRosterHubの対象外のため、取り込めるものがありません。対象はorgs、academicSessions、courses、classes、users、roles、userProfiles、enrollments、demographicsです。', ours),
  'package.removalLimit': warning('The file removes {removed} of {total} stored records, more than {limit} percent: such an import is held until somebody confirms it.', '登録済み{total}件のうち{removed}件を削除するファイルです（上限は{limit}%）。このようなインポートは、確認（confirmImport）されるまで保留されます。', ours),
  'package.oneRoster10': warning('There is no manifest.csv: the package was read as OneRoster 1.0 and converted. Records that it leaves out stay, unless the mode bulk was asked for.', 'manifest.csvがないため、OneRoster 1.0として読み、変換しました。含まれないレコードは、bulkを指定しない限りそのまま残ります。', olderTables),
  'package.oneRoster11': warning('The package is of OneRoster {version}; it was converted to 1.2. Roles were made of users.csv.', 'OneRoster {version}のパッケージです。1.2に変換しました。roles.csvに当たる内容はusers.csvから作りました。', olderTables),

  // manifest.csv.
  'manifest.missing': error('There is no manifest.csv in the archive.', 'ZIP内にmanifest.csvがありません。', csv('manifest.csv')),
  'manifest.header': error('The header of manifest.csv must be propertyName,value.', 'manifest.csvのヘッダーはpropertyName,valueでなければなりません。', csv('manifest.csv')),
  'manifest.property': error('The property {property} is missing.', '項目{property}がありません。', csv('manifest.csv')),
  'manifest.unknownProperty': error('A property is none of those the standard defines.', '標準にない項目があります。', csv('manifest.csv')),
  'manifest.duplicateProperty': error('The property {property} stands there more than once.', '項目{property}が複数あります。', csv('manifest.csv')),
  'manifest.value': error('The value of {property} must be {expected}.', '{property}の値は{expected}でなければなりません。', csv('manifest.csv')),
  'manifest.otherVersion': warning('The manifest names another version than the header of users.csv, which was believed.', 'manifestのバージョンとusers.csvのヘッダーが一致しません。ヘッダーに従って読みました。', olderTables),
  'manifest.fileMissing': error('The manifest announces the file as {mode}, but it is not in the archive.', 'manifestでは{mode}とされていますが、ファイルがZIP内にありません。', csv('manifest.csv')),
  'manifest.fileUnlisted': error('The file is in the archive, but the manifest says absent.', 'manifestではabsentとされていますが、ファイルがZIP内にあります。', csv('manifest.csv')),
  'manifest.notHeld': warning('RosterHub does not hold the objects of this file; it was not taken.', 'このファイルの内容はRosterHubの対象外のため、取り込みませんでした。', ours),
  'manifest.fileExpected': warning('A bulk package holds {target} too; it is absent. References to it were looked for among what is stored.', 'bulkのパッケージには{target}も含めます（今回はabsent）。参照先は登録済みデータから探しました。', csv('which files a bulk package needs')),

  // The header row of a data file.
  'header.missing': error('The file is empty: there is no header row.', 'ファイルが空です。ヘッダー行がありません。', csv('file format')),
  'header.unrecognised': error('The first row is no header: it has none of the columns of this file. It must begin with {expected}, separated by commas.', '1行目がヘッダーではありません（このファイルの列名が一つもありません）。{expected}で始まる、コンマ区切りのヘッダー行が必要です。', csv('file format')),
  'header.bom': warning('The file begins with a byte order mark (BOM). It was skipped; write UTF-8 without BOM.', 'ファイルがBOMで始まっています。読み飛ばしましたが、BOMなしUTF-8で出力してください。', csv('file format')),
  'header.column': error('The column {expected} is missing.', '列{expected}がありません。', csv('file format')),
  'header.case': error('The column {expected} is spelled with other capitals. Names are case-sensitive.', '列名{expected}の大文字・小文字が違います。', csv('file format')),
  'header.order': error('Column {position} must be {expected}; the columns of the standard stand in a fixed order.', '{position}列目は{expected}でなければなりません。列の順序は標準で決まっています。', csv('file format')),
  'header.unknownColumn': error('Column {position} is not defined by the standard. Extensions must be named metadata.* and come last.', '{position}列目は標準にない列です。拡張列はmetadata.で始まる名前で最後に置いてください。', csv('file format')),
  'header.duplicateColumn': error('Column {position} repeats an earlier column.', '{position}列目の列名が重複しています。', csv('file format')),
  'header.renamedColumn': warning('Column {position} has an older or misspelt name; it was read as {expected}.', '{position}列目は古い、または綴りの違う列名です。{expected}として読みました。', olderTables),
  'header.keptColumn': warning('Column {position} is not defined by the standard; it was kept as an extension.', '{position}列目は標準にない列です。拡張列として取り込みました。', olderTables),
  'header.profileColumn': inJapan(warning('The column {expected} of this profile generation is missing.', 'このプロファイルの拡張列{expected}がありません。', japan('columns'))),

  // One row, or one cell of it.
  'row.none': error('The file has no data row. Leave it out and say absent in the manifest.', 'データ行がありません。ファイルを含めず、manifestでabsentとしてください。', csv('file format')),
  'row.encoding': error('The bytes are not UTF-8. Save the file as UTF-8.', 'UTF-8ではありません。UTF-8で保存してください。', csv('file format')),
  'row.shiftJis': error('The file is written in Shift_JIS (as Excel saves CSV in Japanese), not in UTF-8. Save it as CSV UTF-8.', 'ファイルの文字コードがShift_JIS（Excelの「CSV」の既定）です。「CSV UTF-8」で保存してください。', csv('file format')),
  'row.utf16': error('The file is written in UTF-16 (as Excel saves Unicode text), not in UTF-8. Save it as CSV UTF-8.', 'ファイルの文字コードがUTF-16（Excelの「Unicodeテキスト」）です。「CSV UTF-8」で保存してください。', csv('file format')),
  'row.tooLong': error('A record is longer than {limit} bytes. A quotation mark was probably opened and never closed.', '1レコードが{limit}バイトを超えています。引用符の閉じ忘れの可能性があります。', ours),
  'row.quote': error('A quotation mark stands where the CSV format does not allow one, or was never closed.', '引用符の位置が正しくないか、閉じられていません。', rfc4180),
  'row.lineEnd': error('A line ends with CR alone. Lines end with CRLF or LF.', '行末がCRのみです。CRLFまたはLFにしてください。', rfc4180),
  'row.unquoted': inJapan(warning('A cell is not in quotation marks. Under this profile every value is quoted, empty ones too. Told once a file.', '引用符で囲まれていない値があります。このプロファイルでは空の値も含めすべて二重引用符で囲みます（ファイルごとに1回表示）。', japan('package and encoding'))),
  'row.lineFeed': inJapan(warning('A line ends with LF alone. Under this profile lines end with CRLF. Told once a file.', '行末がLFのみです。このプロファイルではCRLFです（ファイルごとに1回表示）。', japan('package and encoding'))),
  'row.columnCount': error('The row has {found} cells, the header {expected}.', '列数が{found}です。ヘッダーは{expected}列です。', rfc4180),
  'row.required': error('The cell must be filled.', '必須項目が空です。', csv('column tables')),
  'row.requiredInDelta': error('The cell must be filled in a delta file.', 'deltaファイルでは必須の項目が空です。', csv('bulk and delta')),
  'row.notInBulk': error('The cell must be empty in a bulk file.', 'bulkファイルでは空でなければなりません。', csv('bulk and delta')),
  'row.mustBeEmpty': inJapan(error('The cell must be empty under this profile.', 'このプロファイルでは空でなければなりません。', japan('courses.csv'))),
  'row.guid': error('The cell must be an identifier of 1 to 255 characters out of digits, letters and . - _ / @ (several: separated by commas).', '識別子は数字・英字・記号（. - _ / @）1～255文字です（複数の場合はコンマ区切り）。', csv('data types')),
  'row.token': error('The cell must be one of: {expected}.', '次のいずれかでなければなりません：{expected}。', csv('column tables')),
  'row.boolean': error('The cell must be true or false.', 'trueまたはfalseでなければなりません。', csv('data types')),
  'row.date': error('The cell must be a day that exists, written YYYY-MM-DD.', '実在する日付をYYYY-MM-DD形式で書いてください。', csv('data types')),
  'row.dateTime': error('The cell must be a time in UTC, written YYYY-MM-DDThh:mm:ss.sssZ.', 'UTCの日時をYYYY-MM-DDThh:mm:ss.sssZ形式で書いてください。', csv('data types')),
  'row.year': error('The cell must be a year, written YYYY.', '年をYYYY形式で書いてください。', csv('data types')),
  'row.integer': error('The cell must be a whole number.', '整数でなければなりません。', csv('data types')),
  'row.userIds': error('The cell must be a list {Type:Id}, several separated by commas.', '{Type:Id}の形（複数の場合はコンマ区切り）でなければなりません。', csv('data types')),
  'row.listItem': error('An item of a list contains a comma.', 'リストの項目にカンマが含まれています。', csv('data types')),
  'row.metadata': error('metadata must be a JSON object of at most 100 levels, without control characters and broken ones.', 'metadataは制御文字や壊れた文字を含まない、100階層以内のJSONオブジェクトでなければなりません。', csv('file format')),
  'row.lineBreak': error('The cell contains a line break.', 'セル内に改行があります。', csv('file format')),
  'row.cellTooLong': error('The cell must not be longer than {expected} characters.', '{expected}文字以内で書いてください。', ours),
  'row.controlCharacter': error('The cell contains a control character or a broken one.', 'セル内に制御文字または壊れた文字があります。', ours),
  'row.dateOrder': error('The day must not be before {expected}.', '日付が{expected}より前です。', csv('semantic rules')),
  'row.subjectPairs': error('subjects and subjectCodes must have the same number of items.', 'subjectsとsubjectCodesの要素数が違います。', csv('data types')),
  'row.duplicate': error('The sourcedId stands in an earlier row of this file too.', 'sourcedIdがこのファイル内で重複しています。', csv('semantic rules')),
  'row.otherSource': error('The record belongs to another source. Only the source that sent it may change it.', '別の送信元が登録したレコードです。変更できるのは登録した送信元だけです。', ours),
  'row.erased': warning('The person was erased on request. The row, or the reference to the person, was left out.', '消去された人物です。この行（またはその人物への参照）は取り込みませんでした。', ours),
  'row.resourcesNotTaken': warning('RosterHub does not hold resources; the cell was not taken.', 'リソースはRosterHubの対象外のため、取り込みませんでした。', ours),
  'row.uuid': inJapan(error('Identifiers must be UUIDs under this profile.', 'このプロファイルでは識別子はUUIDでなければなりません。', japan('identifiers'))),
  'row.uuidVersion4': inJapan(error('The cell must be a UUID of version 4.', 'UUIDバージョン4でなければなりません。', japan('identifiers'))),
  'row.halfWidthKana': inJapan(error('The cell contains half-width katakana. Use full-width.', '半角カタカナが含まれています。全角で書いてください。', japan('package and encoding'))),
  'row.characterSet': inJapan(warning('The cell contains a character outside JIS X 0213, which many systems cannot show.', 'JIS X 0213にない文字（外字など）が含まれています。多くのシステムで表示できません。', japan('package and encoding'))),
  'row.katakana': inJapan(warning('The cell should be written in full-width katakana.', '全角カタカナで書いてください。', japan('users.csv'))),
  'row.schoolYearTitle': inJapan(error('The title must begin with the school year in four western digits, as in 2026年度; that of an academicSession is nothing else.', 'タイトルは「2026年度」のように半角の西暦4桁の年度で始めてください（academicSessionsではこれだけを書きます）。', japan('academicSessions.csv, courses.csv'))),
  'row.schoolYearDay': inJapan(warning('A school year runs from 1 April to 31 March; expected {expected}.', '年度は4月1日から翌年3月31日までです（{expected}）。', japan('academicSessions.csv'))),
  'row.schoolYear': inJapan(warning('schoolYear must be the 年度: the year of the April in which it begins.', 'schoolYearは年度（開始日の4月の年）でなければなりません。', japan('academicSessions.csv'))),
  'row.profileToken': inJapan(error('Under this profile the cell must be one of: {expected}.', 'このプロファイルでは次のいずれかでなければなりません：{expected}。', japan('column tables'))),
  'row.unusualToken': inJapan(warning('Under this profile one of these is usual: {expected}.', 'このプロファイルでは通常、次のいずれかです：{expected}。', japan('column tables'))),
  'row.booleanCase': inJapan(warning('Write true or false in lower case; it was read so.', 'true・falseは小文字で書いてください（小文字として読みました）。', japan('users.csv'))),
  'row.schoolCode': inJapan(error('The identifier of a school must be the 13-character 学校コード.', '学校のidentifierは文部科学省の学校コード（13桁）でなければなりません。', japan('学校コード'))),
  'row.schoolCodeCheckDigit': inJapan(warning('The check digit of the 学校コード does not fit.', '学校コードの検査数字が合いません。', japan('学校コード'))),
  'row.boardCode': inJapan(error('The identifier of a district must be the 6-digit 教育委員会コード.', '教育委員会のidentifierは6桁の教育委員会コードでなければなりません。', japan('identifiers'))),
  'row.districtParent': inJapan(error('A district has no parent organisation: leave the cell empty.', '教育委員会（district）には上位組織がありません。空にしてください。', japan('orgs.csv'))),
  'row.gradeCode': inJapan(warning('A grade code is not in the list of known codes.', '学年コードが既知の一覧にありません。', japan('code lists'))),
  'row.subjectCode': inJapan(warning('A subject code is not in the list of known codes.', '教科コードが既知の一覧にありません。', japan('code lists'))),
  'row.primaryRole': inJapan(error('principal and the administrators are secondary roles; the primary role of such a person is teacher.', 'principalと各administratorは副（secondary）の役割です。主（primary）はteacherとしてください。', japan('roles.csv'))),
  'row.studentPrimary': inJapan(error('primary must be false for a student.', '児童生徒のprimaryはfalseでなければなりません。', japan('enrollments.csv'))),
  'row.surplusCells': warning('The row has {found} cells, the header {expected}; the last ones are empty and were ignored.', '列数が{found}です（ヘッダーは{expected}列）。余分な空の列は無視しました。', olderTables),
  'row.statusInBulk': warning('status and dateLastModified say nothing in a bulk file; leave them empty.', 'bulkファイルではstatusとdateLastModifiedは意味を持ちません。空にしてください。', olderTables),
  'row.olderWord': warning('The word is spelled as in an older version; it was understood.', '古い版の表記です。読み替えて取り込みました。', olderTables),
  'row.olderDateTime': warning('The time should be written YYYY-MM-DDThh:mm:ss.sssZ; it was taken for UTC.', '日時はYYYY-MM-DDThh:mm:ss.sssZ形式で書いてください。UTCとして読みました。', olderTables),
  'row.olderUserIds': warning('Identifiers should be written {Type:Id}; the type id was assumed.', '識別子は{Type:Id}の形で書いてください。種別をidとして取り込みました。', olderTables),
  'row.olderBoolean': warning('Write true or false; it was read so.', 'trueまたはfalseと書いてください（そのように読みました）。', olderTables),

  // A row against the other rows of the package and what is stored.
  'reference.notFound': error('No active record has this identifier, neither in the package nor among what is stored and stays: {target}.', '参照先（{target}）が、パッケージ内にも、登録済みで有効なまま残るデータにもありません。', csv('bulk and delta')),
  'reference.notSchool': error('The organisation referred to must be of type school.', '参照先の組織はschoolでなければなりません。', csv('semantic rules')),
  'reference.notSchoolYear': error('The session referred to must be of type schoolYear.', '参照先のセッションはschoolYearでなければなりません。', csv('semantic rules')),
  'reference.notDistrict': inJapan(warning('The parent of a school should be its district.', '学校の上位組織は教育委員会（district）です。', japan('orgs.csv'))),
  'reference.primaryRoleTwice': error('A user has one primary role in an organisation; this is a second one.', '同じ組織での主（primary）の役割が複数あります。', csv('semantic rules')),
  'reference.primaryRoleMissing': inJapan(error('The user has no primary role.', '主（primary）の役割がありません。', japan('roles.csv'))),
  'reference.primaryRoleGone': inJapan(warning('The file removes the last primary role of a stored user who stays active.', '登録済みの有効な利用者の、最後の主（primary）の役割がなくなります。', japan('roles.csv'))),
  'reference.roleMissing': error('All roles of the user were left out, and so the user.', '利用者のすべての役割が除外されたため、利用者も除外しました。', olderTables),
  'reference.profileOfOther': error('The userProfile referred to belongs to another user.', '参照先のuserProfileは別の利用者のものです。', csv('semantic rules')),
  'reference.masterIdentifierTwice': inJapan(error('The userMasterIdentifier stands in an earlier row too.', 'userMasterIdentifierが重複しています。', japan('identifiers'))),
  'reference.primaryOrg': warning('The user has no role in the organisation given as primary.', 'primaryOrgの組織での役割がありません。', csv('semantic rules')),
  'reference.primaryTeacherTwice': warning('A class has one primary teacher at a time; this is a second one.', '同じ期間に、クラスの主（primary）の教員が複数います。', csv('semantic rules')),
  'reference.enrollmentDates': warning('The enrollment should lie within the terms of its class.', '在籍期間がクラスの学期・年度に収まっていません。', csv('semantic rules')),
  'reference.stillUsed': warning('A record is being removed to which active records still refer: {target}.', '削除される記録を、有効な記録（{target}）がまだ参照しています。', csv('bulk and delta')),
  'reference.schoolStillUsed': error('The organisation would no longer be of type school, while stored records refer to it as their school: {target}. Move or remove them in the same package.', '学校（school）ではなくなる組織を、登録済みの記録（{target}）がまだ学校として参照しています。同じパッケージで移すか削除してください。', csv('semantic rules')),
  'reference.schoolYearStillUsed': error('The session would no longer be of type schoolYear, while stored records refer to it as their school year: {target}. Move or remove them in the same package.', '年度（schoolYear）ではなくなるセッションを、登録済みの記録（{target}）がまだ年度として参照しています。同じパッケージで移すか削除してください。', csv('semantic rules')),
  'reference.districtStillUsed': inJapan(warning('The organisation would no longer be a district, while stored schools have it as their parent: {target}.', '教育委員会（district）ではなくなる組織を、登録済みの学校（{target}）がまだ上位組織としています。', japan('orgs.csv'))),
  'reference.studentCell': inJapan(warning('The cell should be filled for students under this profile.', 'このプロファイルでは児童生徒について入力が求められる項目です。', japan('users.csv'))),
  'reference.leftOut': error('The record referred to was left out because of an error of its own: {target}.', '参照先（{target}）がエラーのため除外されました。', ours),

  // What an export could not write as it is held.
  'export.character': warning('{column} has characters outside of JIS X 0213 (外字, emoji), which readers of this profile may not know. They were written as they are.', '{column}にJIS X 0213の範囲外の文字（外字・絵文字など）があります。そのまま出力しましたが、受け取り側で扱えないことがあります。', japan('package and encoding')),
  'export.lineBreak': warning('Line breaks in metadata were written as spaces; CSV cells hold none.', 'metadata内の改行は空白に置き換えました。CSVのセルには改行を入れられません。', csv('file format')),
  'export.columnLeftOut': warning('Metadata for which this profile has no column was left out.', 'このプロファイルに列のないmetadataは出力しませんでした。', japan('columns')),
  'export.primaryRoleMissing': warning('Users came without a primary role: they have none, or its organisation is not in the package. Readers of this profile refuse them; give them a role where they are now, or end them.', '主（primary）の役割のない利用者を出力しました。役割がないか、その組織がこのパッケージに含まれていません。受け取り側で拒否されるため、現在の所属の役割を登録するか、利用者を終了してください。', japan('roles.csv')),
} as const satisfies Record<string, IssueCode>

/** How bad a finding is under a profile; `off` where the profile has no such rule. Without one: the base standard. */
export function severityOf(code: IssueCodeName, profile: ProfileId = 'base-1.2.1'): Severity | 'off' {
  const { severity, under } = issueCodes[code] as IssueCode
  return under?.[profile] ?? severity
}

/** The message of a code in one language, parameters filled in. */
export function issueMessage(
  code: IssueCodeName,
  parameters: IssueParameters,
  language: 'english' | 'japanese',
): string {
  return issueCodes[code][language].replace(/\{(\w+)\}/g, (whole, name: string) => String(parameters[name] ?? whole))
}
